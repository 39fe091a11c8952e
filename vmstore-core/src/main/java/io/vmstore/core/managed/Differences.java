package io.vmstore.core.managed;

import io.vmstore.managed.IscsiConnection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** In which fields two connections differ, without their values, of which some are secret. */
final class Differences {
  private Differences() {}

  static List<String> between(IscsiConnection first, IscsiConnection second) {
    List<String> fields = new ArrayList<>();
    add(fields, "the paths", first.paths(), second.paths());
    add(fields, "the login", first.chap(), second.chap());
    add(fields, "access_mode", first.access(), second.access());
    add(fields, "discard", first.discard(), second.discard());
    add(fields, "enforce_multipath", first.enforceMultipath(), second.enforceMultipath());
    add(fields, "vmstore_serial", first.serial(), second.serial());
    fields.addAll(names(first.other(), second.other()));
    fields.addAll(names(first.around(), second.around()));
    return fields;
  }

  private static void add(
      List<String> fields, String name, @Nullable Object first, @Nullable Object second) {
    if (!Objects.equals(first, second)) {
      fields.add(name);
    }
  }

  private static Set<String> names(
      Map<String, @Nullable Object> first, Map<String, @Nullable Object> second) {
    Set<Map.Entry<String, @Nullable Object>> either = new HashSet<>(first.entrySet());
    either.addAll(second.entrySet());
    Set<String> names = new TreeSet<>();
    for (Map.Entry<String, @Nullable Object> field : either) {
      if (!(first.entrySet().contains(field) && second.entrySet().contains(field))) {
        names.add(field.getKey());
      }
    }
    return names;
  }
}
