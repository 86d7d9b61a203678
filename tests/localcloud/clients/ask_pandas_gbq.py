"""pandas-gbq, which reads and writes data frames."""

import pandas
import pandas_gbq

pandas_gbq.to_gbq(pandas.DataFrame({"customer": ["Ann", "Bob"]}), "shop.frames", progress_bar=False)
QUERY = "SELECT customer, COUNT(*) AS n FROM shop.frames GROUP BY customer ORDER BY customer"
print(pandas_gbq.read_gbq(QUERY, progress_bar_type=None).to_dict("list"))
