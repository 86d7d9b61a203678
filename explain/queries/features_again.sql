-- After the statement of components/extract_features, which makes the table `features`.
SELECT * FROM features WHERE customer_key = @customer_key
