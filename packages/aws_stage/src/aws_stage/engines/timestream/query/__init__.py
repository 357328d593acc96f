"""Query: Timestream's SQL, read by the dialect that Athena's engine has, on the stored records."""
