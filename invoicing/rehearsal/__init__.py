"""The whole line walked by invented people, through the services that everybody else calls."""
