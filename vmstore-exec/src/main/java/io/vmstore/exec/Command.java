package io.vmstore.exec;

import java.util.List;

/**
 * A program and its arguments, handed to execve(2) as they are. There is no shell: quotes,
 * wildcards and {@code $} mean themselves. Secrets do not belong here, because every user of the
 * machine can read a process's arguments.
 *
 * @param arguments the program's name or path, then its arguments; unmodifiable
 */
public record Command(List<String> arguments) {
  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException when there is no program, or an argument holds a NUL
   */
  public Command {
    arguments = List.copyOf(arguments);
    if (arguments.isEmpty() || arguments.get(0).isEmpty()) {
      throw new IllegalArgumentException("a command needs a program");
    }
    if (arguments.stream().anyMatch(argument -> argument.indexOf('\0') >= 0)) {
      throw new IllegalArgumentException("an argument holds a NUL: " + arguments);
    }
  }

  /** {@return the command of a program and its arguments} */
  public static Command of(String... arguments) {
    return new Command(List.of(arguments));
  }

  /** {@return the arguments separated by blanks, for people} */
  @Override
  public String toString() {
    return String.join(" ", arguments);
  }
}
