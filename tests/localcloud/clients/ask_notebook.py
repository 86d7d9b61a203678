"""A notebook whose kernel Jupyter starts, with BigQuery's magics."""

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

QUERY = "SELECT customer, SUM(amount) AS amount FROM shop.orders GROUP BY customer ORDER BY customer"
CELLS = (
    "%load_ext bigquery_magics",
    f"%%bigquery spent\n{QUERY}",
    "print(spent.to_dict('list'))",
)
notebook = new_notebook(cells=[new_code_cell(cell) for cell in CELLS])
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
print(notebook.cells[-1].outputs[0].text.strip())
