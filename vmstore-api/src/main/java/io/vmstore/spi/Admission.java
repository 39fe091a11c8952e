package io.vmstore.spi;

import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import org.jspecify.annotations.Nullable;

/**
 * Who may log in to a target, and what it has to know.
 *
 * @param initiator the only name admitted
 * @param chap the secrets of the mapping; null when the name suffices
 */
public record Admission(Iqn initiator, @Nullable ChapSecrets chap) {
  /** {@return the admission of whoever has the name} */
  public static Admission byName(Iqn initiator) {
    return new Admission(initiator, null);
  }

  /** {@return what a login has to prove} */
  public ChapMode mode() {
    return ChapMode.of(chap);
  }
}
