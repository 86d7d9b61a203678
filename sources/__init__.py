"""Any shop's sales: reading their files, interpreting them, and converting them to the contract."""
