"""The catalogue of targets as the API shows it: looked up, and searched by what people type."""
