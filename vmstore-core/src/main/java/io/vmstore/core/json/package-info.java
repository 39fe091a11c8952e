/**
 * JSON read strictly: every field is asked for by name and type, and a wrong one is refused with
 * its value.
 */
@NullMarked
package io.vmstore.core.json;

import org.jspecify.annotations.NullMarked;
