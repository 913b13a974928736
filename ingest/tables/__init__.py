"""Tables read from files, as text with the places of rows, before they are typed."""
