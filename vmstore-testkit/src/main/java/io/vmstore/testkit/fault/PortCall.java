package io.vmstore.testkit.fault;

import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Transport;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.ZvolManager;

/** The calls of the ports that a {@link FaultPlan} can disturb. */
public enum PortCall {
  /** {@link ZvolManager#ensure}. */
  ZVOL_ENSURE,
  /** {@link ZvolManager#grow}. */
  ZVOL_GROW,
  /** {@link ZvolManager#find}. */
  ZVOL_FIND,
  /** {@link ZvolManager#list}. */
  ZVOL_LIST,
  /** {@link ZvolManager#delete}. */
  ZVOL_DELETE,
  /** {@link TargetExporter#targetOf}. */
  EXPORT_TARGET_OF,
  /** {@link TargetExporter#export}. */
  EXPORT_EXPORT,
  /** {@link TargetExporter#unexport}. */
  EXPORT_UNEXPORT,
  /** {@link TargetExporter#list}. */
  EXPORT_LIST,
  /** {@link TargetConnector#initiator}. */
  CONNECT_INITIATOR,
  /** {@link TargetConnector#connect}. */
  CONNECT_CONNECT,
  /** {@link TargetConnector#extend}. */
  CONNECT_EXTEND,
  /** {@link TargetConnector#disconnect}. */
  CONNECT_DISCONNECT,
  /** {@link TargetConnector#list}. */
  CONNECT_LIST,
  /** {@link VolumeConnector#connectorInfo}. */
  VOLUME_INFO,
  /** {@link VolumeConnector#connect}. */
  VOLUME_CONNECT,
  /** {@link VolumeConnector#disconnect}. */
  VOLUME_DISCONNECT,
  /** {@link VolumeConnector#find}. */
  VOLUME_FIND,
  /** {@link VolumeConnector#extend}. */
  VOLUME_EXTEND,
  /** The moment between two changes that one call makes to its machine. */
  VOLUME_STEP,
  /** {@link StateStore#readAll}. */
  STATE_READ_ALL,
  /** {@link StateStore#write}. */
  STATE_WRITE,
  /** {@link StateStore#remove}. */
  STATE_REMOVE,
  /** {@link Transport#request}. */
  TRANSPORT_REQUEST,
  /** {@link Transport#serve}. */
  TRANSPORT_SERVE
}
