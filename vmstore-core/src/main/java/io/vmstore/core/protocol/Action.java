package io.vmstore.core.protocol;

import java.util.Optional;

/** The requests of the protocol: the name each has on the wire, and the name its reply has. */
enum Action {
  CREATE_ZVOL("create_zvol", "zvol_created"),
  MAP_ZVOL("map_zvol", "zvol_mapped"),
  UNMAP_ZVOL("unmap_zvol", "zvol_unmapped"),
  DELETE_ZVOL("del_zvol", "zvol_deleted"),
  GROW_ZVOL("grow_zvol", "zvol_grown"),
  EXPOSE_ZVOL("expose_zvol", "zvol_exposed"),
  LIST_ZVOLS("list_zvols", "zvol_list"),
  RECONCILE("reconcile", "reconciled"),
  INITIATOR("list_initiator", "initiator_list"),
  ATTACH("set_zvol", "zvol_attached"),
  DETACH("tear_down", "zvol_detached"),
  RESIZE("resize_dev", "dev_resized"),
  LIST_DEVICES("list_dev", "dev_list");

  private final String request;
  private final String reply;

  Action(String request, String reply) {
    this.request = request;
    this.reply = reply;
  }

  String request() {
    return request;
  }

  String reply() {
    return reply;
  }

  /**
   * {@return whether the action changes something, so that a repetition must not be executed again}
   */
  boolean mutates() {
    return switch (this) {
      case CREATE_ZVOL,
          MAP_ZVOL,
          UNMAP_ZVOL,
          DELETE_ZVOL,
          GROW_ZVOL,
          EXPOSE_ZVOL,
          ATTACH,
          DETACH,
          RESIZE ->
          true;
      case LIST_ZVOLS, RECONCILE, INITIATOR, LIST_DEVICES -> false;
    };
  }

  static Optional<Action> named(String name) {
    for (Action action : values()) {
      if (action.request.equals(name)) {
        return Optional.of(action);
      }
    }
    return Optional.empty();
  }
}
