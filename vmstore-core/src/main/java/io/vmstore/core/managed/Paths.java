package io.vmstore.core.managed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.JsonFields;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Portal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The ways to a volume in a connection's data: one in {@code target_portal}, {@code target_iqn} and
 * {@code target_lun}, or several in the plural forms of these, where the same index belongs
 * together and one element stands for all. Cinder sends both; a way that only the singular names is
 * the first then, because a host without multipath takes it.
 */
final class Paths {
  static final Set<String> FIELDS =
      Set.of(
          "target_portal",
          "target_portals",
          "target_iqn",
          "target_iqns",
          "target_lun",
          "target_luns");

  private Paths() {}

  static List<IscsiPath> in(JsonFields data, Addressing addressing) {
    List<IscsiPath> paths = new ArrayList<>();
    if (data.has("target_portal") && data.has("target_iqn") && data.has("target_lun")) {
      paths.add(
          new IscsiPath(
              Portal.parse(data.text("target_portal")),
              new TargetName(data.text("target_iqn")),
              addressing.toKernel(data.numberOrText("target_lun"))));
    }
    boolean plural = FIELDS.stream().anyMatch(name -> name.endsWith("s") && data.has(name));
    if (plural || paths.isEmpty()) {
      paths.addAll(several(data, addressing));
    }
    return paths.stream().distinct().toList();
  }

  private static List<IscsiPath> several(JsonFields data, Addressing addressing) {
    List<String> portals = either(data, "target_portal", data::texts, data::text);
    List<String> targets = either(data, "target_iqn", data::texts, data::text);
    List<Long> luns = either(data, "target_lun", data::numbersOrTexts, data::numberOrText);
    int count = Math.max(portals.size(), Math.max(targets.size(), luns.size()));
    requireAll("target_portals", portals, count);
    requireAll("target_iqns", targets, count);
    requireAll("target_luns", luns, count);
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new IscsiPath(
                    Portal.parse(at(portals, i)),
                    new TargetName(at(targets, i)),
                    addressing.toKernel(at(luns, i))))
        .toList();
  }

  private static <T> List<T> either(
      JsonFields data,
      String singular,
      Function<String, List<T>> several,
      Function<String, T> single) {
    return data.has(singular + "s")
        ? several.apply(singular + "s")
        : List.of(single.apply(singular));
  }

  private static <T> T at(List<T> values, int index) {
    return values.get(values.size() == 1 ? 0 : index);
  }

  private static void requireAll(String name, List<?> values, int count) {
    if (values.size() != count && values.size() != 1) {
      throw ConnectionInfo.invalid(
          name,
          "it has "
              + values.size()
              + " elements, and another of target_portals, target_iqns and target_luns, which belong together by their index, has "
              + count);
    }
  }

  static void put(ObjectNode data, List<IscsiPath> paths, Addressing addressing) {
    IscsiPath first = paths.get(0);
    data.put("target_portal", first.portal().toString());
    data.put("target_iqn", first.target().value());
    data.put("target_lun", addressing.toUnit(first.lun()));
    if (paths.size() > 1) {
      paths.forEach(path -> data.withArray("target_portals").add(path.portal().toString()));
      paths.forEach(path -> data.withArray("target_iqns").add(path.target().value()));
      paths.forEach(path -> data.withArray("target_luns").add(addressing.toUnit(path.lun())));
    }
  }
}
