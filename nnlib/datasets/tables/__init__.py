"""Files of tables to data sets: unpacked, decoded, read, judged column by column, encoded."""
