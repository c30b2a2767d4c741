"""`python -m outage_service` is `outage-service`."""

from outage_service.cli import main

if __name__ == "__main__":
    main()
