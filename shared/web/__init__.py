"""What all pages for people have in common, whoever serves them and whoever reads them."""
