package io.vmstore.zfs.lio;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.Objects;

/** What the kernel means by its refusals, by the text of the errno: Java tells no more. */
final class KernelErrors {
  static final String BUSY = "Device or resource busy";
  static final String ABSENT = "No such file or directory";

  /** ERESTARTSYS, which has no text: what opening a zvol gives while its pool's lock is taken. */
  static final String RESTART = "Unknown error 512";

  private static final Map<String, ErrorCode> CODES =
      Map.of(
          "Cannot assign requested address", ErrorCode.UNAVAILABLE,
          "Address already in use", ErrorCode.UNAVAILABLE,
          "Cannot allocate memory", ErrorCode.RESOURCE_EXHAUSTED,
          "No space left on device", ErrorCode.RESOURCE_EXHAUSTED,
          "Permission denied", ErrorCode.PERMISSION_DENIED,
          "Operation not permitted", ErrorCode.PERMISSION_DENIED,
          "Read-only file system", ErrorCode.PERMISSION_DENIED);

  private KernelErrors() {}

  /**
   * {@return the failure a refusal means}
   *
   * @param outcomeUnknown whether something may remain
   */
  static VmStoreException of(String problem, IOException refusal, boolean outcomeUnknown) {
    ErrorCode code = CODES.getOrDefault(reason(refusal), ErrorCode.INTERNAL);
    return VmStoreException.builder(code, problem)
        .reason("the kernel refuses '" + file(refusal) + "': " + reason(refusal))
        .correction(
            code == ErrorCode.PERMISSION_DENIED
                ? "run as root, outside a container that has /sys read-only"
                : "see 'dmesg', where the target says what it dislikes")
        .outcomeUnknown(outcomeUnknown)
        .cause(refusal)
        .build();
  }

  /** {@return the same failure, after which something remains for the given reason} */
  static VmStoreException uncertain(VmStoreException failure, String why) {
    return VmStoreException.builder(failure.code(), failure.problem())
        .reason(failure.reason() + "; " + why)
        .correction(failure.correction())
        .details(failure.details())
        .outcomeUnknown(true)
        .cause(failure)
        .build();
  }

  /** {@return the text of the errno} */
  static String reason(IOException refusal) {
    if (refusal instanceof NoSuchFileException) {
      return ABSENT;
    }
    if (refusal instanceof AccessDeniedException) {
      return "Permission denied";
    }
    if (refusal instanceof FileAlreadyExistsException) {
      return "File exists";
    }
    if (refusal instanceof DirectoryNotEmptyException) {
      return "Directory not empty";
    }
    String reason =
        refusal instanceof FileSystemException named ? named.getReason() : refusal.getMessage();
    return Objects.requireNonNullElse(reason, refusal.toString());
  }

  private static String file(IOException refusal) {
    return refusal instanceof FileSystemException named ? String.valueOf(named.getFile()) : "?";
  }
}
