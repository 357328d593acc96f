"""What kind of statement a text is, and the statements that are Athena's own: DDL, CTAS, UNLOAD, PREPARE …"""
