"""Static websites: Flet apps whose Python runs in the browser."""
