package io.vmstore.examples.broker;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How the connection to the broker is protected.
 *
 * @param on whether it is encrypted; any of the files turns it on
 * @param plainAllowed whether it may be in clear to another machine
 * @param authorities who may have signed the broker's certificate; null for those the JVM trusts
 * @param certificate our own, which takes the password's place; null for none
 * @param key its private key; null for none
 */
public record BrokerTls(
    boolean on,
    boolean plainAllowed,
    @Nullable Path authorities,
    @Nullable Path certificate,
    @Nullable Path key) {
  /** In clear, to this machine only. */
  public static final BrokerTls NONE = new BrokerTls(false, false, null, null, null);

  /**
   * Checks that the files go together.
   *
   * @throws VmStoreException INVALID_ARGUMENT when a certificate has no key, or a key no
   *     certificate
   */
  public BrokerTls {
    on = on || authorities != null || certificate != null;
    if ((certificate == null) != (key == null)) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "the certificate for the broker cannot be used")
          .reason("either it or its key is given, and the other is not")
          .correction("give both files, or neither")
          .build();
    }
  }
}
