package io.vmstore.zfs.lio;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.model.Portal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LocalAddressesTest {
  private static final Portal HERE = Portal.parse("127.0.0.1");
  private static final Portal ELSEWHERE = Portal.parse("192.0.2.1");

  private final List<Portal> asked = new ArrayList<>();

  @Test
  void anAddressThatIsHereShouldBeAskedForOnceInAMoment() {
    LocalAddresses addresses = addresses(Duration.ofHours(1));
    assertThat(List.of(addresses.test(HERE), addresses.test(HERE))).containsOnly(true);
    assertThat(asked).containsExactly(HERE);
  }

  @Test
  void anAddressThatIsNotHereShouldBeAskedForEveryTime() {
    LocalAddresses addresses = addresses(Duration.ofHours(1));
    assertThat(List.of(addresses.test(ELSEWHERE), addresses.test(ELSEWHERE))).containsOnly(false);
    assertThat(asked).hasSize(2);
  }

  @Test
  void anAddressShouldBeAskedForAgainWhenTheMomentIsOver() {
    LocalAddresses addresses = addresses(Duration.ZERO);
    assertThat(List.of(addresses.test(HERE), addresses.test(HERE))).containsOnly(true);
    assertThat(asked).hasSize(2);
  }

  @Test
  void theAddressesOfThisMachineShouldBeKnown() {
    assertThat(new LocalAddresses().test(HERE)).isTrue();
    assertThat(new LocalAddresses().test(ELSEWHERE)).isFalse();
  }

  private LocalAddresses addresses(Duration moment) {
    return new LocalAddresses(
        portal -> {
          asked.add(portal);
          return portal.equals(HERE);
        },
        moment);
  }
}
