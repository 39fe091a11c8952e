package io.vmstore.error;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one exception of vmstore. It says what failed, why, and what an operator can do about it, and
 * carries a {@link #code()} for programs.
 *
 * <p>Its texts may quote peers, programs and files: each is made {@link Printable} and cut at
 * {@value #LONGEST_TEXT} characters, so that nobody forges a line of a log by what he sends.
 *
 * <p>Instances come from {@link #builder(ErrorCode, String)}. Codes and texts cross the wire; the
 * exception object does not: the stub on the caller's side builds a new one. Thread safety:
 * immutable.
 */
public final class VmStoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_TEXT = 4_000;
  private static final int LONGEST_NAME = 100;
  private static final int MOST_DETAILS = 32;

  private final ErrorCode code;
  private final String problem;
  private final String reason;
  private final String correction;
  private final boolean outcomeUnknown;

  @SuppressWarnings(
      "serial") // always a LinkedHashMap behind an unmodifiable view, both serializable
  private final Map<String, String> details;

  private VmStoreException(Builder builder) {
    super(builder.text(), builder.throwable);
    this.code = builder.code;
    this.problem = builder.problem;
    this.reason = builder.reason;
    this.correction = builder.correction;
    this.outcomeUnknown = builder.outcomeUnknown;
    this.details = Collections.unmodifiableMap(new LinkedHashMap<>(builder.details));
  }

  /**
   * Begins an exception.
   *
   * @param code what a program needs to know
   * @param problem what was attempted on what, with the values quoted: {@code "cannot create zvol
   *     'tank/v1'"}
   */
  public static Builder builder(ErrorCode code, String problem) {
    return new Builder(code, problem);
  }

  /** {@return what a program acts on} */
  public ErrorCode code() {
    return code;
  }

  /** {@return what was attempted, on what} */
  public String problem() {
    return problem;
  }

  /** {@return why it failed, or the empty string when {@link #problem()} says all there is} */
  public String reason() {
    return reason;
  }

  /** {@return what to do about it, or the empty string} */
  public String correction() {
    return correction;
  }

  /**
   * {@return whether the effect may have happened although the call failed} When true, read the
   * state back before deciding anything; when false, nothing of the call remains.
   */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }

  /**
   * {@return facts beside the text, by name, such as {@code holder} or {@code exit-code};
   * unmodifiable}
   */
  public Map<String, String> details() {
    return details;
  }

  /** Collects the parts of a {@link VmStoreException}. Not thread-safe. */
  public static final class Builder {
    private final ErrorCode code;
    private final String problem;
    private final Map<String, String> details = new LinkedHashMap<>();
    private String reason = "";
    private String correction = "";
    private boolean outcomeUnknown;
    private @Nullable Throwable throwable;

    private Builder(ErrorCode code, String problem) {
      this.code = Objects.requireNonNull(code, "code");
      this.problem = printable(problem, "problem");
    }

    /** Says why it failed. */
    public Builder reason(String reason) {
      this.reason = printable(reason, "reason");
      return this;
    }

    /** Says what to do about it. */
    public Builder correction(String correction) {
      this.correction = printable(correction, "correction");
      return this;
    }

    /** Marks that the effect may have happened. */
    public Builder outcomeUnknown(boolean outcomeUnknown) {
      this.outcomeUnknown = outcomeUnknown;
      return this;
    }

    /** Adds a fact. */
    public Builder detail(String name, String value) {
      details.put(
          Printable.of(Objects.requireNonNull(name, "name"), LONGEST_NAME),
          printable(value, "value"));
      return this;
    }

    /** Adds facts, of which the first {@value #MOST_DETAILS} are taken. */
    public Builder details(Map<String, String> more) {
      more.entrySet().stream()
          .limit(MOST_DETAILS)
          .forEach(fact -> detail(fact.getKey(), fact.getValue()));
      return this;
    }

    /** Keeps the throwable that led here, for the log. */
    public Builder cause(@Nullable Throwable throwable) {
      this.throwable = throwable;
      return this;
    }

    /** {@return the exception} */
    public VmStoreException build() {
      return new VmStoreException(this);
    }

    private static String printable(String text, String name) {
      return Printable.of(Objects.requireNonNull(text, name), LONGEST_TEXT);
    }

    private String text() {
      StringBuilder text = new StringBuilder(code.name()).append(": ").append(problem);
      if (!reason.isEmpty()) {
        text.append(": ").append(reason);
      }
      if (!correction.isEmpty()) {
        text.append("; ").append(correction);
      }
      return text.toString();
    }
  }
}
