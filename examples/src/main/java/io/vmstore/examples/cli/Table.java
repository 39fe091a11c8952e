package io.vmstore.examples.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Rows whose columns stand under each other. Not thread-safe. */
final class Table {
  private static final int GAP = 2;

  private final List<List<String>> rows = new ArrayList<>();

  /** Adds a row; all rows have the same number of cells. */
  Table row(Object... cells) {
    rows.add(Stream.of(cells).map(Object::toString).toList());
    return this;
  }

  /** {@return the rows as lines, without blanks at their ends} */
  @Override
  public String toString() {
    int last = rows.isEmpty() ? 0 : rows.get(0).size() - 1;
    int[] widths =
        IntStream.range(0, last)
            .map(column -> rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0))
            .toArray();
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      for (int column = 0; column < last; column++) {
        String cell = row.get(column);
        text.append(cell).append(" ".repeat(widths[column] - cell.length() + GAP));
      }
      text.append(row.get(last)).append('\n');
    }
    return text.toString();
  }
}
