"""What a run costs on Google Cloud, before and after: prices, machines, forecast and receipt."""
