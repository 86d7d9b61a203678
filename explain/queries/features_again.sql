-- Runs after the statement of components/extract_features, which creates the table `features`.
SELECT * FROM features WHERE customer_key = @customer_key
