"""This will hold the drawings of the sample pictures, one function to a picture."""
