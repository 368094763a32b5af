"""When a scheduled rule is due: AWS's rate and cron expressions. Pure: no I/O."""
