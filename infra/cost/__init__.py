"""What a month of the platform costs on Google Cloud, forecast before anything is deployed."""
