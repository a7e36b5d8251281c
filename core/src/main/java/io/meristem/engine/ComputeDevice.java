package io.meristem.engine;

import org.bytedeco.pytorch.global.torch.DeviceType;

/** Where tensors live and operations run. */
public enum ComputeDevice {
    CPU(DeviceType.CPU),
    /** The first NVIDIA GPU; needs the engine's natives with CUDA. */
    CUDA(DeviceType.CUDA);

    private final DeviceType type;

    ComputeDevice(DeviceType type) {
        this.type = type;
    }

    DeviceType type() {
        return type;
    }
}
