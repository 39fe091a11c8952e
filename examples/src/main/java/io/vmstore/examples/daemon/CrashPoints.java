package io.vmstore.examples.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Ends the process as {@code kill -9} does, right before or after a chosen call of a port, or of a
 * program, so that a test can see what is left and what becomes of it. For tests: nothing is
 * wrapped unless the system property {@value #PROPERTY} names a file.
 *
 * <p>The file is looked at with every call of a port. Its one line is {@code record}, which writes
 * the points passed to standard error, or the point of the crash. {@code store.write:after:2} is
 * right after the second call of {@code write} of the port {@code store} since the file was
 * written. The file is removed before the crash, so that the next process lives. Without the file
 * nothing happens.
 *
 * <p>Thread safety: thread-safe.
 */
final class CrashPoints {
  static final String PROPERTY = "vmstore.crash.file";

  /** What a shell says of a process that was killed. */
  static final int KILLED = 137;

  private static final String RECORD = "record";
  private static final FileTime NEVER = FileTime.fromMillis(0);

  private final Path file;
  private final Consumer<String> log;
  private final Runnable crash;
  private final Map<String, Integer> passed = new HashMap<>();
  private FileTime written = NEVER;

  CrashPoints(Path file, Consumer<String> log, Runnable crash) {
    this.file = file;
    this.log = log;
    this.crash = crash;
  }

  /**
   * {@return the port itself, or one with crash points when they are on}
   *
   * @param name the port's name in its points
   */
  @SuppressWarnings("SystemOut") // what a logger still holds would be lost in the crash
  static <P> P in(P port, Class<P> type, String name) {
    String file = System.getProperty(PROPERTY);
    return file == null
        ? port
        : new CrashPoints(
                Path.of(file), System.err::println, () -> Runtime.getRuntime().halt(KILLED))
            .around(port, type, name);
  }

  <P> P around(P port, Class<P> type, String name) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (!isCallOf(type, method)) {
            return invoke(port, method, arguments);
          }
          pass(name + "." + method.getName() + ":before");
          try {
            return invoke(port, method, arguments);
          } finally {
            pass(name + "." + method.getName() + ":after");
          }
        };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static boolean isCallOf(Class<?> type, Method method) {
    return method.getDeclaringClass() == type && !method.getName().equals("close");
  }

  private static Object invoke(Object port, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(port, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private synchronized void pass(String place) {
    try {
      FileTime now = Files.getLastModifiedTime(file);
      if (!now.equals(written)) {
        passed.clear();
        written = now;
      }
      arrive(place + ":" + passed.merge(place, 1, Integer::sum), Files.readString(file).strip());
    } catch (NoSuchFileException e) {
      written = NEVER;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void arrive(String point, String line) throws IOException {
    if (line.equals(RECORD)) {
      log.accept("crash point: " + point);
    } else if (line.equals(point)) {
      log.accept("crashing at: " + point);
      Files.delete(file);
      crash.run();
    }
  }
}
