"""Files through which the packages meet: parsing, validation and canonical form."""
