"""What people see: pages and PDF of certificates, their texts, templates and static files."""
