package io.vmstore.examples.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "vmstore "
          + Objects.requireNonNullElse(
              Version.class.getPackage().getImplementationVersion(), "(not packaged)")
    };
  }
}
