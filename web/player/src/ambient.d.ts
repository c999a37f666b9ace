// Names that the build fills in: the hashed files beside the entry.
declare const LATENCY_MODEL_FILE: string;
declare const COST_MODEL_FILE: string;
declare const PREDICTOR_FILE: string;
declare const PREDICTOR_WASM_FILE: string;
declare const SESSION_WORKER_FILE: string;
declare const TRACE_WORKER_FILE: string;
declare const FINISH_WORKER_FILE: string;
declare const WASM_FILE: string;
