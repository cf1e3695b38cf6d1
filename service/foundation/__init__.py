"""What every room stands on: settings, problems, time, parameters, who is who, tracing and log lines; no database."""
