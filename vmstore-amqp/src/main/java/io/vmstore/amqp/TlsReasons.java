package io.vmstore.amqp;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Why an encrypted connection was not made, and what to do about it.
 *
 * @param distrust whether one side does not take the other for who it says it is
 * @param reason in one line
 * @param correction for the operator
 */
record TlsReasons(boolean distrust, String reason, String correction) {
  private static final String ALERT = "Received fatal alert: ";

  /** {@return the reason, when it is one of encryption} */
  static Optional<TlsReasons> of(Throwable failure) {
    Optional<TlsReasons> reason = Optional.empty();
    // The innermost that says something knows best.
    for (Throwable next = failure; next != null; next = next.getCause()) {
      Optional<TlsReasons> inner = one(next);
      reason = inner.isPresent() ? inner : reason;
    }
    return reason;
  }

  private static Optional<TlsReasons> one(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof CertificateExpiredException) {
      return distrusted(
          "the broker's certificate has expired (" + message + ")",
          "renew it on the broker's machine, or correct this machine's clock");
    }
    if (failure instanceof CertificateNotYetValidException) {
      return distrusted(
          "the broker's certificate is not valid yet (" + message + ")",
          "correct this machine's clock, or the certificate");
    }
    if (failure instanceof CertPathBuilderException) {
      return distrusted(
          "no authority that is trusted here has signed the broker's certificate",
          "give the file of the authority that has; if you did, this is not your broker");
    }
    if (failure.getClass() == CertificateException.class) {
      // What the JDK's check of the host name throws.
      return distrusted(
          "the broker's certificate is for another host (" + message + ")",
          "connect to a name that is in it, or have one made for this name");
    }
    if (failure instanceof SSLException) {
      return Optional.of(message.startsWith(ALERT) ? alert(message) : broken(message));
    }
    return Optional.empty();
  }

  private static Optional<TlsReasons> distrusted(String reason, String correction) {
    return Optional.of(new TlsReasons(true, reason, correction));
  }

  private static TlsReasons alert(String message) {
    return new TlsReasons(
        true,
        "the broker ended the encrypted connection: " + message.substring(ALERT.length()),
        "look at this node's certificate (its authority, its dates), and at the broker's log");
  }

  private static TlsReasons broken(String message) {
    return new TlsReasons(
        false,
        "no encrypted connection came about: " + message,
        "check that the port is the one where the broker speaks TLS (usually 5671)");
  }
}
