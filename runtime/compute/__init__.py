"""The definition of work: jobs, their exact results, and how anyone checks a receipt for them."""
