"""The dashboard: one HTML file made from the warehouse's bi_ views, the same on a laptop and in the cloud."""
