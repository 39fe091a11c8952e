@NullMarked
package io.vmstore.model;

import org.jspecify.annotations.NullMarked;
