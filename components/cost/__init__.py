"""What a run costs on Google Cloud, before and after: prices, machines, a forecast and a receipt."""
