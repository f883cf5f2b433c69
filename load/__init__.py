"""How many people one server carries: clients that speak the browser's protocol, and a report."""
