/** The part of TensorBoard's Event message that is written here, as Protocol Buffers. */

import protobuf from "protobufjs";

/** Field numbers are those of event.proto and summary.proto in tensorboard/compat/proto. */
const schema = `
  syntax = "proto3";
  package tensorboard;

  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what {
      string file_version = 3;
      Summary summary = 5;
      SessionLog session_log = 7;
    }
    SourceMetadata source_metadata = 10;
  }

  message SourceMetadata { string writer = 1; }

  message SessionLog {
    enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; }
    SessionStatus status = 1;
  }

  message Summary {
    message Image {
      int32 height = 1;
      int32 width = 2;
      int32 colorspace = 3;
      bytes encoded_image_string = 4;
    }
    message Value {
      string tag = 1;
      oneof value {
        float simple_value = 2;
        Image image = 4;
      }
    }
    repeated Value value = 1;
  }
`;

const eventType = protobuf.parse(schema, { keepCase: true }).root.lookupType("tensorboard.Event");

/** Session statuses by name. */
export const sessionStart = 1;

/** Number of the colour space RGB. */
export const rgbColors = 3;

export interface SummaryValue {
  readonly tag: string;
  readonly simple_value?: number;
  readonly image?: {
    readonly height: number;
    readonly width: number;
    readonly colorspace: number;
    readonly encoded_image_string: Uint8Array;
  };
}

export interface EventMessage {
  /** Seconds since 1970. */
  readonly wall_time: number;
  readonly step?: number;
  readonly file_version?: string;
  readonly summary?: { readonly value: readonly SummaryValue[] };
  readonly session_log?: { readonly status: number };
  readonly source_metadata?: { readonly writer: string };
}

/** The bytes of a message. */
export const encodeEvent = (event: EventMessage): Uint8Array => eventType.encode(event).finish();
