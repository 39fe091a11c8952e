package io.vmstore.examples.embedder;

/** The disk is open on its host: the machine has to be stopped first. */
public final class DiskInUseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DiskInUseException(String vm, Throwable cause) {
    super("the disk of virtual machine '" + vm + "' is in use", cause);
  }
}
