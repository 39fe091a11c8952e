package io.vmstore.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Gives a parser every sample of a corpus, and then as many damaged ones as there is time for:
 * {@code vmstore.fuzz.seconds} for each parser, otherwise a thousand. A failure names the seed that
 * begins with it ({@code -Dvmstore.fuzz.seed=...}) and leaves the input in {@code target/fuzz};
 * whoever mends it adds that file to the corpus.
 *
 * <p>Thread safety: none; a test uses it on its own thread.
 */
public final class Fuzz {
  private static final Logger LOG = System.getLogger(Fuzz.class.getName());
  private static final long SEED = 20_261_121;
  private static final int ROUNDS = 1_000;

  /** Of the processor's time, not the wall's: a busy machine is no defect. */
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Path failures = Path.of("target", "fuzz");
  private final String corpus;
  private final List<byte[]> samples;

  private Fuzz(String corpus, List<byte[]> samples) {
    this.corpus = corpus;
    this.samples = samples;
  }

  /** {@return the corpus in the folder {@code fuzz/CORPUS} of the test's resources} */
  public static Fuzz of(Class<?> test, String corpus) {
    try (Stream<Path> files =
        Files.list(Path.of(URI.create(test.getResource("/fuzz/" + corpus).toString())))) {
      List<byte[]> samples = files.sorted().map(Fuzz::bytes).toList();
      return new Fuzz(corpus, samples);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Checks a property of every input. */
  public void check(Consumer<byte[]> property) {
    long seed = Long.getLong("vmstore.fuzz.seed", seconds() > 0 ? System.nanoTime() : SEED);
    samples.forEach(sample -> check(property, sample, "a sample of the corpus"));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds());
    long round = 0;
    while (seconds() > 0 ? System.nanoTime() - end < 0 : round < ROUNDS) {
      long thisSeed = seed + round++;
      byte[] input = new Mutator(new Random(thisSeed), samples).next();
      check(property, input, "-Dvmstore.fuzz.seed=" + thisSeed);
    }
    LOG.log(Level.INFO, "fuzz " + corpus + ": " + round + " inputs from seed " + seed);
  }

  private static long seconds() {
    return Long.getLong("vmstore.fuzz.seconds", 0);
  }

  private void check(Consumer<byte[]> property, byte[] input, String origin) {
    var threads = ManagementFactory.getThreadMXBean();
    long begin = threads.getCurrentThreadCpuTime();
    try {
      property.accept(input);
    } catch (RuntimeException | Error e) {
      throw new AssertionError(where(input, origin), e);
    }
    if (threads.getCurrentThreadCpuTime() - begin > LONGEST_NANOS) {
      throw new AssertionError(where(input, origin) + ": it took too long");
    }
  }

  private String where(byte[] input, String origin) {
    Path file =
        failures.resolve(corpus + "-" + Integer.toHexString(new String(input, UTF_8).hashCode()));
    try {
      Files.createDirectories(failures);
      Files.write(file, input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "fuzz " + corpus + ": " + origin + ", " + input.length + " bytes in '" + file + "'";
  }

  /**
   * {@return what was parsed; empty when it was refused as it should be: with one of the codes, and
   * with a text that is short and printable}
   */
  public static <T> Optional<T> parsed(Set<ErrorCode> refusals, Supplier<T> parser) {
    try {
      return Optional.of(parser.get());
    } catch (VmStoreException e) {
      String message = String.valueOf(e.getMessage());
      if (!refusals.contains(e.code())
          || message.length() > 20_000
          || message.chars().anyMatch(Character::isISOControl)) {
        throw new AssertionError("not refused as it should be", e);
      }
      return Optional.empty();
    }
  }

  /** Checks that a value prints as a text that is read as the same value, or is refused. */
  public static <T> void roundTrip(byte[] input, Function<String, T> parser) {
    parsed(Set.of(ErrorCode.INVALID_ARGUMENT), () -> parser.apply(new String(input, UTF_8)))
        .ifPresent(value -> requireEqual(value, parser.apply(String.valueOf(value))));
  }

  /** Fails unless the two are equal. */
  public static void requireEqual(Object first, Object second) {
    if (!first.equals(second)) {
      throw new AssertionError("'" + first + "' was read back as '" + second + "'");
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
