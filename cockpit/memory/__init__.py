"""Memory: captures by memray, and what scalene measures; nothing here draws."""
