"""One file for each step from a version of the tables to the next. What is here was released and is never changed."""
