"""The proof that no row of TLC's files is lost or there twice: for each file, rows = silver + quarantine."""
