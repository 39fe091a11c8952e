package io.vmstore.model;

import io.vmstore.fuzz.Fuzz;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Whatever the text, a value comes of it that prints as it is read, or a refusal. */
final class ModelFuzzTest {
  private static final List<Function<String, Object>> PARSERS =
      List.of(
          ByteSize::parse,
          DevicePath::new,
          Iqn::new,
          NodeName::new,
          OperationId::new,
          PoolName::new,
          Portal::parse,
          VolumeId::parse,
          ZvolName::parse,
          ZvolVersion::parse);

  @Test
  void everyTextShouldBeAValueOrRefused() {
    Fuzz.of(ModelFuzzTest.class, "model")
        .check(input -> PARSERS.forEach(parser -> Fuzz.roundTrip(input, parser)));
  }
}
