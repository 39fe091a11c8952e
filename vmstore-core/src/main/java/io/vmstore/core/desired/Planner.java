package io.vmstore.core.desired;

import io.vmstore.ZvolStatus;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.Step;
import io.vmstore.desired.VolumePlan;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What has to be done with one volume: a function of what it should be and what it is, and of
 * nothing else. docs/desired-state.md has it as a table.
 */
final class Planner {
  /**
   * A NAS rounds a size up to the volume's block size, of which nobody else knows more than that it
   * divides this.
   */
  private static final ByteSize COARSEST_BLOCK = ByteSize.mebibytes(1);

  private final DesiredVolume wish;
  private final Optional<ZvolStatus> found;

  private Planner(DesiredVolume wish, Optional<ZvolStatus> found) {
    this.wish = wish;
    this.found = found;
  }

  /** {@return what has to be done, or why nothing may be} */
  static VolumePlan plan(DesiredVolume wish, Optional<ZvolStatus> found) {
    try {
      return new VolumePlan(wish, new Planner(wish, found).steps(), null);
    } catch (VmStoreException refusal) {
      return new VolumePlan(wish, List.of(), refusal);
    }
  }

  private List<Step> steps() {
    return switch (wish.state()) {
      case PRESENT -> found.map(this::present).orElseGet(() -> List.of(Step.create(size())));
      case ABSENT -> found.map(this::absent).orElse(List.of());
      case CONNECTED -> found.map(this::connected).orElseGet(this::createdAndConnected);
      case DISCONNECTED -> found.map(this::disconnected).orElse(List.of());
      case EXTENDED -> found.map(this::extended).orElseThrow(this::notThere);
    };
  }

  private List<Step> present(ZvolStatus status) {
    return switch (status.state()) {
      // A mapping that is undone may take the volume with it that it created.
      case DELETING, MAPPING -> List.of(Step.await(status.state()));
      case UNMAPPED, MAPPED, UNMAPPING -> {
        requireSize(status);
        yield List.of();
      }
    };
  }

  private List<Step> absent(ZvolStatus status) {
    return switch (status.state()) {
      case UNMAPPED, DELETING -> List.of(Step.delete());
      case UNMAPPING -> List.of(Step.disconnect(status.host()), Step.delete());
      case MAPPING, MAPPED -> {
        requireMayBeTaken(status);
        yield List.of(Step.disconnect(status.host()), Step.delete());
      }
    };
  }

  private List<Step> createdAndConnected() {
    if (wish.size() == null) {
      throw notThere();
    }
    return List.of(Step.create(size()), Step.connect(wish.host()));
  }

  private List<Step> connected(ZvolStatus status) {
    List<Step> steps = new ArrayList<>();
    switch (status.state()) {
      case DELETING -> steps.add(Step.await(status.state()));
      case UNMAPPED -> {
        requireSize(status);
        steps.add(Step.connect(wish.host()));
      }
      case UNMAPPING -> { // somebody has decided already that its host gives it back
        steps.add(Step.disconnect(status.host()));
        steps.add(Step.connect(wish.host()));
      }
      case MAPPING, MAPPED -> {
        if (!isWhereItShould(status)) {
          requireMayBeTaken(status);
          steps.add(Step.disconnect(status.host()));
          steps.add(Step.connect(wish.host()));
        } else if (status.state() == MappingState.MAPPING) {
          // Without a size it is not there yet, or not any more, and its mapping would create it.
          steps.add(status.size() == null ? Step.await(status.state()) : Step.connect(wish.host()));
        } else {
          requireSize(status);
        }
      }
    }
    return steps;
  }

  /** While it is MAPPING, nothing tells a mapping from an exposure; the NAS then refuses. */
  private boolean isWhereItShould(ZvolStatus status) {
    if (!Objects.equals(wish.host(), status.host())) {
      return false;
    }
    Exposure exposure = status.exposure();
    return status.state() == MappingState.MAPPING
        || (exposure == null
            ? wish.initiator() == null
            : exposure.initiator().equals(wish.initiator()));
  }

  private List<Step> disconnected(ZvolStatus status) {
    NodeName has = status.host();
    boolean another = wish.host() != null && !wish.host().equals(has);
    return has == null || another ? List.of() : List.of(Step.disconnect(has));
  }

  private List<Step> extended(ZvolStatus status) {
    MappingState state = status.state();
    if (state != MappingState.UNMAPPED && state != MappingState.MAPPED) {
      return List.of(Step.await(state));
    }
    ByteSize actual = sizeForItsUser(status);
    if (actual == null || actual.compareTo(size()) < 0) {
      return List.of(Step.grow(actual, size()));
    }
    if (actual.compareTo(size().roundedUpTo(COARSEST_BLOCK)) > 0) {
      throw refused("extend '" + wish.zvol() + "' to " + size())
          .reason("it has " + actual + " already, and a volume is never made smaller")
          .correction("say the size that it has, or a larger one")
          .detail("size", actual.toString())
          .build();
    }
    return List.of();
  }

  /** One that has grown and is not known to be seen so by its host has not been extended yet. */
  private static @Nullable ByteSize sizeForItsUser(ZvolStatus status) {
    Optional<ByteSize> seen =
        status
            .currentMapping()
            .map(Mapping::size)
            .or(() -> status.currentExposure().map(Exposure::size));
    ByteSize actual = status.size();
    return seen.filter(size -> actual == null || size.compareTo(actual) < 0).orElse(actual);
  }

  private void requireSize(ZvolStatus status) {
    ByteSize least = wish.size();
    ByteSize actual = status.size();
    if (least != null && actual != null && actual.compareTo(least) < 0) {
      throw refused("have '" + wish.zvol() + "' " + word() + " with " + least)
          .reason("it is there with " + actual + ", and '" + word() + "' makes no volume larger")
          .correction("say 'extended' with " + least + " first, or the size that it has")
          .detail("size", actual.toString())
          .build();
    }
  }

  private void requireMayBeTaken(ZvolStatus status) {
    NodeName has = Objects.requireNonNull(status.host());
    if (!has.equals(wish.from())) {
      String how =
          status
              .currentExposure()
              .map(exposure -> " and its initiator '" + exposure.initiator() + "'")
              .orElse("");
      String target = wish.host() == null ? "" : " to '" + wish.host() + "'";
      throw refused("have '" + wish.zvol() + "' " + word() + target)
          .reason("it is " + status.state() + " with '" + has + "'" + how)
          .correction(
              "have it disconnected from '"
                  + has
                  + "' first, or say 'from: "
                  + has
                  + "' if it may be taken from there")
          .detail("host", has.value())
          .detail("state", status.state().name())
          .build();
    }
  }

  private VmStoreException notThere() {
    return VmStoreException.builder(
            ErrorCode.NOT_FOUND, "cannot have '" + wish.zvol() + "' " + word())
        .reason("there is no such volume on '" + wish.nas() + "'")
        .correction(
            wish.host() == null
                ? "say 'present' with a size first"
                : "say a size, with which it is created")
        .build();
  }

  private VmStoreException.Builder refused(String what) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, "cannot " + what);
  }

  private ByteSize size() {
    return Objects.requireNonNull(wish.size());
  }

  private String word() {
    return wish.state().name().toLowerCase(Locale.ROOT);
  }
}
