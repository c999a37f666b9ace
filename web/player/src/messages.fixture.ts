// Written by `P2C2R_BLESS=1 cargo test -p p2c2r-web`: one example of each message as Rust makes it.

import type { FromSession, ToSession } from "./messages.js";
import type { Input, Output } from "./worker/environment.js";

export const toSession = [
  {
    "kind": "startPlayer",
    "settings": {
      "width": 640,
      "height": 360,
      "samples": 32,
      "seed": 1,
      "bounces": 8,
      "exposure": 1.5,
      "toneMapping": "neutral",
      "denoise": "auto",
      "lensRadius": 0.25,
      "focus": 3.5
    },
    "device": "auto",
    "threads": 0,
    "network": {
      "signalUrl": "ws://127.0.0.1:8080/v1/signal",
      "blobsUrl": "http://127.0.0.1:8080/v1/blobs/",
      "room": "a-room-of-our-own",
      "maxPeers": 8
    },
    "predictionLog": true
  },
  {
    "kind": "startPlayer",
    "settings": {
      "width": 640,
      "height": 360,
      "samples": 32,
      "seed": 1,
      "bounces": 8,
      "exposure": 1.5,
      "toneMapping": "none",
      "denoise": "off",
      "lensRadius": 0.25,
      "focus": 3.5
    },
    "device": "none",
    "threads": 2,
    "network": null,
    "predictionLog": false
  },
  {
    "kind": "startContributor",
    "device": "cpu",
    "threads": 1,
    "network": {
      "signalUrl": "ws://127.0.0.1:8080/v1/signal",
      "blobsUrl": "http://127.0.0.1:8080/v1/blobs/",
      "room": null,
      "maxPeers": 8
    }
  },
  {
    "kind": "startContributor",
    "device": "gpu",
    "threads": 1,
    "network": {
      "signalUrl": "ws://127.0.0.1:8080/v1/signal",
      "blobsUrl": "http://127.0.0.1:8080/v1/blobs/",
      "room": "a-room-of-our-own",
      "maxPeers": 8
    }
  },
  {
    "kind": "load",
    "source": {
      "kind": "url",
      "url": "http://127.0.0.1/scene.glb"
    },
    "environmentUrl": "http://127.0.0.1/sky.hdr"
  },
  {
    "kind": "load",
    "source": {
      "kind": "generated",
      "spec": "night-city:size=600,seed=7"
    },
    "environmentUrl": null
  },
  {
    "kind": "load",
    "source": {
      "kind": "bytes",
      "name": "dropped.glb"
    },
    "environmentUrl": null
  },
  {
    "kind": "settings",
    "settings": {
      "width": 640,
      "height": 360,
      "samples": 32,
      "seed": 1,
      "bounces": 8,
      "exposure": 1.5,
      "toneMapping": "neutral",
      "denoise": "auto",
      "lensRadius": 0.25,
      "focus": 3.5
    }
  },
  {
    "kind": "camera",
    "camera": {
      "kind": "default"
    }
  },
  {
    "kind": "camera",
    "camera": {
      "kind": "named",
      "name": "street"
    }
  },
  {
    "kind": "camera",
    "camera": {
      "kind": "lookAt",
      "eye": [
        1.0,
        2.0,
        3.0
      ],
      "target": [
        0.0,
        0.5,
        0.0
      ],
      "tanHalfFovY": 0.5
    }
  },
  {
    "kind": "time",
    "seconds": 1.25
  },
  {
    "kind": "condition",
    "isHidden": true,
    "isOnBattery": false
  },
  {
    "kind": "rtcRoute",
    "peer": 7,
    "isRelayed": true
  },
  {
    "kind": "play"
  },
  {
    "kind": "pause"
  },
  {
    "kind": "finish"
  },
  {
    "kind": "stop"
  },
  {
    "kind": "export",
    "request": 3,
    "format": "shown"
  },
  {
    "kind": "export",
    "request": 3,
    "format": "rgba8"
  },
  {
    "kind": "export",
    "request": 3,
    "format": "sums"
  },
  {
    "kind": "rtcStateChange",
    "peer": 7,
    "state": "connected"
  },
  {
    "kind": "rtcStateChange",
    "peer": 7,
    "state": "failed"
  },
  {
    "kind": "rtcSignal",
    "peer": 7,
    "generation": 1,
    "payload": {
      "description": {
        "type": "offer",
        "sdp": "v=0"
      }
    }
  },
  {
    "kind": "rtcSignal",
    "peer": 7,
    "generation": 1,
    "payload": {
      "candidate": {
        "candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host",
        "sdpMid": "0",
        "sdpMLineIndex": 0
      }
    }
  },
  {
    "kind": "rtcSignal",
    "peer": 7,
    "generation": 1,
    "payload": "end_of_candidates"
  }
] satisfies ToSession[];

export const fromSession = [
  {
    "kind": "running",
    "device": {
      "kind": "browser-gpu",
      "name": "an adapter"
    }
  },
  {
    "kind": "paused",
    "reason": "Nobody needs a picture at the moment"
  },
  {
    "kind": "paused",
    "reason": null
  },
  {
    "kind": "stopped"
  },
  {
    "kind": "loaded",
    "summary": {
      "id": "0707070707070707070707070707070707070707070707070707070707070707",
      "packageBytes": 1048576,
      "triangles": 1200,
      "instances": 3,
      "materials": 2,
      "cameras": [
        "street"
      ],
      "warnings": [
        "an extension is left out"
      ],
      "bounds": [
        [
          -1.0,
          0.0,
          -1.0
        ],
        [
          1.0,
          2.0,
          1.0
        ]
      ],
      "durationSeconds": 2.5
    },
    "camera": {
      "eye": [
        0.0,
        1.0,
        5.0
      ],
      "target": [
        0.0,
        0.0,
        0.0
      ],
      "tanHalfFovY": 0.364
    }
  },
  {
    "kind": "sample",
    "samplesPerPixel": 3.25,
    "samplesPerSecond": 1000000.0,
    "elapsedMs": 1500.5,
    "isComplete": false
  },
  {
    "kind": "tiles",
    "tiles": [
      {
        "rect": {
          "x": 16,
          "y": 32,
          "width": 64,
          "height": 48
        },
        "samples": {
          "first": 4,
          "count": 4
        },
        "peer": {
          "id": 7,
          "kind": "browser-cpu",
          "name": "4 CPU threads"
        }
      }
    ]
  },
  {
    "kind": "peers",
    "peers": [
      {
        "id": 7,
        "kind": "browser-cpu",
        "name": "4 CPU threads",
        "samples": 12345,
        "samplesPerSecond": 678.9,
        "isConnected": true,
        "number": 1,
        "stage": "per_worker",
        "tasks": 12,
        "failures": 1,
        "hedgesWon": 2,
        "hedgesLost": 3,
        "expectedMs": [
          80.5,
          120.0,
          250.25
        ],
        "expectedFailure": 0.03,
        "busyMs": 4000.0,
        "lanes": 4
      }
    ]
  },
  {
    "kind": "predictions",
    "attempts": [
      {
        "schema": 1,
        "worker": 1,
        "at": 12.5,
        "features": [
          1.0,
          0.0,
          11.25
        ],
        "cost": 4096.0,
        "kind": "long",
        "expected": [
          0.08,
          0.12,
          0.25
        ],
        "failure": 0.03,
        "stage": "per_worker",
        "seconds": 0.13,
        "computed": 0.1,
        "end": "delivered"
      }
    ]
  },
  {
    "kind": "stats",
    "stats": {
      "raysPerSecond": 1500000.0,
      "samplesPerSecond": 250000.0,
      "samplesTotal": 1099511627776,
      "tasksDone": 12,
      "dutyPercent": 97.5,
      "bytesSent": 8589934592,
      "bytesReceived": 4096,
      "requesters": 1,
      "device": {
        "kind": "browser-gpu",
        "name": "an adapter"
      }
    }
  },
  {
    "kind": "stats",
    "stats": {
      "raysPerSecond": 1500000.0,
      "samplesPerSecond": 250000.0,
      "samplesTotal": 1099511627776,
      "tasksDone": 12,
      "dutyPercent": 97.5,
      "bytesSent": 8589934592,
      "bytesReceived": 4096,
      "requesters": 1,
      "device": {
        "kind": "browser-gpu",
        "name": "an adapter"
      },
      "pausedReason": "Nobody needs a picture at the moment"
    }
  },
  {
    "kind": "exported",
    "request": 3,
    "width": 640,
    "height": 360,
    "samples": 32,
    "isComplete": true,
    "isDenoised": false
  },
  {
    "kind": "shown",
    "isDenoised": true,
    "samples": 4,
    "tookMs": 250.5,
    "isOnGpu": true
  },
  {
    "kind": "progress",
    "stage": "download",
    "fraction": 0.5
  },
  {
    "kind": "progress",
    "stage": "build",
    "fraction": 0.5
  },
  {
    "kind": "progress",
    "stage": "upload",
    "fraction": 0.5
  },
  {
    "kind": "progress",
    "stage": "render",
    "fraction": 0.5
  },
  {
    "kind": "error",
    "category": "config",
    "code": "SCENE_INVALID",
    "message": "no triangles",
    "isFatal": true
  },
  {
    "kind": "error",
    "category": "scene",
    "code": "SCENE_INVALID",
    "message": "no triangles",
    "isFatal": true
  },
  {
    "kind": "error",
    "category": "signaling",
    "code": "SCENE_INVALID",
    "message": "no triangles",
    "isFatal": true
  },
  {
    "kind": "error",
    "category": "peer",
    "code": "SCENE_INVALID",
    "message": "no triangles",
    "isFatal": true
  },
  {
    "kind": "error",
    "category": "gpu",
    "code": "SCENE_INVALID",
    "message": "no triangles",
    "isFatal": true
  },
  {
    "kind": "rtcConnect",
    "peer": 7,
    "generation": 1,
    "weOffer": true,
    "iceServers": [
      {
        "urls": [
          "stun:stun.example.org"
        ]
      },
      {
        "urls": [
          "turn:turn.example.org"
        ],
        "username": "user",
        "credential": "secret"
      }
    ]
  },
  {
    "kind": "rtcClose",
    "peer": 7
  },
  {
    "kind": "rtcRemoteSignal",
    "peer": 7,
    "generation": 1,
    "payload": {
      "description": {
        "type": "offer",
        "sdp": "v=0"
      }
    }
  },
  {
    "kind": "rtcRemoteSignal",
    "peer": 7,
    "generation": 1,
    "payload": {
      "candidate": {
        "candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host",
        "sdpMid": "0",
        "sdpMLineIndex": 0
      }
    }
  },
  {
    "kind": "rtcRemoteSignal",
    "peer": 7,
    "generation": 1,
    "payload": "end_of_candidates"
  }
] satisfies FromSession[];

export const inputs = [
  {
    "kind": "page",
    "message": {
      "kind": "play"
    }
  },
  {
    "kind": "sceneFiles",
    "request": 1,
    "root": "http://127.0.0.1/scene.gltf",
    "files": [
      "scene.bin"
    ],
    "hasEnvironment": true
  },
  {
    "kind": "sceneProgress",
    "request": 1,
    "fraction": 0.25
  },
  {
    "kind": "sceneFailed",
    "request": 1,
    "code": "SCENE_FETCH_FAILED",
    "message": "why it failed"
  },
  {
    "kind": "socketOpened"
  },
  {
    "kind": "socketText",
    "text": "{}"
  },
  {
    "kind": "socketClosed",
    "reason": "why it failed"
  },
  {
    "kind": "timeout"
  },
  {
    "kind": "blobFetched",
    "scene": "0707070707070707070707070707070707070707070707070707070707070707"
  },
  {
    "kind": "blobFailed",
    "scene": "0707070707070707070707070707070707070707070707070707070707070707",
    "message": "why it failed"
  },
  {
    "kind": "blobStored",
    "scene": "0707070707070707070707070707070707070707070707070707070707070707"
  },
  {
    "kind": "blobRefused",
    "scene": "0707070707070707070707070707070707070707070707070707070707070707",
    "message": "why it failed",
    "isFinal": false
  },
  {
    "kind": "poolReady",
    "workers": 3
  },
  {
    "kind": "poolFailed",
    "message": "why it failed"
  },
  {
    "kind": "predicted",
    "question": 5
  },
  {
    "kind": "looked",
    "question": 6
  },
  {
    "kind": "costsPredicted",
    "question": 6
  },
  {
    "kind": "modelLost",
    "message": "why it failed"
  },
  {
    "kind": "stateLost",
    "message": "why it failed"
  },
  {
    "kind": "traced",
    "slot": 1,
    "ticket": 99,
    "busyMs": 12.5
  },
  {
    "kind": "traceCancelled",
    "slot": 1,
    "ticket": 99
  },
  {
    "kind": "traceFailed",
    "slot": 1,
    "ticket": 99,
    "message": "why it failed"
  },
  {
    "kind": "denoised",
    "ticket": 99
  },
  {
    "kind": "denoiseFailed",
    "ticket": 99,
    "message": "why it failed"
  }
] satisfies Input[];

export const outputs = [
  {
    "kind": "page",
    "message": {
      "kind": "exported",
      "request": 3,
      "width": 640,
      "height": 360,
      "samples": 32,
      "isComplete": true,
      "isDenoised": false
    }
  },
  {
    "kind": "fetchScene",
    "request": 1,
    "source": {
      "kind": "url",
      "url": "http://127.0.0.1/scene.glb"
    },
    "environmentUrl": null
  },
  {
    "kind": "socketOpen",
    "url": "ws://127.0.0.1:8080/v1/signal",
    "subprotocol": "p2c2r.v1.json"
  },
  {
    "kind": "socketSend",
    "text": "{}"
  },
  {
    "kind": "socketClose",
    "code": 1000
  },
  {
    "kind": "timer",
    "delayMs": 12.5
  },
  {
    "kind": "timer",
    "delayMs": null
  },
  {
    "kind": "fetchBlob",
    "scene": "0707070707070707070707070707070707070707070707070707070707070707",
    "url": "http://127.0.0.1:8080/v1/blobs/0707070707070707070707070707070707070707070707070707070707070707",
    "maxBytes": 4096
  },
  {
    "kind": "storeBlob",
    "scene": "0707070707070707070707070707070707070707070707070707070707070707",
    "url": "http://127.0.0.1:8080/v1/blobs/0707070707070707070707070707070707070707070707070707070707070707"
  },
  {
    "kind": "startPool",
    "workers": 3
  },
  {
    "kind": "poolScene",
    "scene": "0707070707070707070707070707070707070707070707070707070707070707"
  },
  {
    "kind": "poolForget",
    "scene": "0707070707070707070707070707070707070707070707070707070707070707"
  },
  {
    "kind": "trace",
    "slot": 1,
    "ticket": 99,
    "scene": "0707070707070707070707070707070707070707070707070707070707070707"
  },
  {
    "kind": "cancelTrace",
    "slot": 1,
    "ticket": 99
  },
  {
    "kind": "predict",
    "question": 5
  },
  {
    "kind": "look",
    "question": 6,
    "scene": "0707070707070707070707070707070707070707070707070707070707070707"
  },
  {
    "kind": "predictCosts",
    "question": 6
  },
  {
    "kind": "saveState"
  },
  {
    "kind": "denoise",
    "ticket": 99,
    "scene": "0707070707070707070707070707070707070707070707070707070707070707",
    "looks": 16
  },
  {
    "kind": "cancelDenoise",
    "ticket": 99
  },
  {
    "kind": "paint",
    "width": 640,
    "height": 360
  }
] satisfies Output[];
