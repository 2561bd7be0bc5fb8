// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

export interface ApiKey {
  id: string;
  name: string;
  /** The first characters of the key. */
  prefix: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  expires_at: string | null;
  /** `null` for never. */
  last_used: string | null;
}

export interface Cluster {
  id: string;
  name: string;
  description: string;
  status: ConnectionStatus;
  /** Empty: not known yet. */
  version: string;
  nodes_count: number;
  /** Extension: the site whose agent connects to it. */
  site: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  last_connected: string | null;
}

/** `kubeconfig`, or `host` with credentials */
export interface ClusterConfig {
  /** Base64; certificates and keys are in it. */
  readonly kubeconfig?: string;
  /** Extension: of the kubeconfig; default: its current-context. */
  readonly context?: string;
  /** Such as `https://192.0.2.1:6443`, as the site knows it. */
  readonly host?: string;
  readonly token?: string;
  /** CA certificate, PEM in base64. */
  readonly ca_cert?: string;
  /** Extension: client certificate, PEM in base64. */
  readonly client_cert?: string;
  /** Extension: its key, PEM in base64. */
  readonly client_key?: string;
  /** Extension: the host name for which the cluster's certificate must be valid. */
  readonly tls_server_name?: string;
  /** Extension: the agent's own access, to the cluster that it runs in or by its own kubeconfig; for admins. */
  readonly agent?: "in_cluster" | "kubeconfig";
  /** Extension: do not check the cluster's certificate. */
  readonly insecure_skip_tls_verify?: boolean;
  /** Extension: of one request, seconds; 0: 30. */
  readonly timeout?: number;
}

export interface ClusterNode {
  name: string;
  status: string;
  roles: string[];
  version: string;
  cpu: string;
  memory: string;
}

export interface CommandResult {
  command: string;
  output: string;
  /** `false` where the device answered with an error. */
  success: boolean;
  /** The device's own words; only where `success` is false. */
  error?: string;
  /** Extension: whether it may change the device. */
  class: "read" | "change";
  /** Extension: the JSON output of the device. */
  structured?: unknown;
  /** Extension. */
  duration_ms: number;
}

export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  /** `null` for never. */
  changed_at: string | null;
}

export interface ConfigBackup {
  backup_id: string;
  description: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** Bytes. */
  size: number;
  /** Extension: from 1 on, for each device. */
  version: number;
  /** `sha256:…` of the configuration without the lines that change by themselves. */
  hash: string;
  by: string | null;
}

export interface ConfigChange {
  change_id: string;
  kind: "update" | "commit" | "restore" | "rollback";
  state: "begun" | "restore_pending" | "confirmed" | "reverted" | "not_run" | "failed";
  by: string | null;
  replace: boolean;
  format: ConfigFormat;
  changed: boolean | null;
  protected: boolean | null;
  saved: boolean | null;
  method: string;
  hash_before: string;
  /** Empty where it is not known. */
  hash_after: string;
  diff: string;
  error: string;
  backup_id: string | null;
  undoes: string | null;
  /** UTC, ISO 8601. */
  created_at: string;
  ended_at: string | null;
}

/** Extension */
export interface ConfigChangeDetails {
  /** Unified; `null` where it is known only once the candidate is committed. */
  diff: string | null;
  /** `false`: it is the candidate, and the device does not have it. */
  committed: boolean;
  /** `false` if nothing had to be changed. */
  changed?: boolean;
  /** Whether the device would have undone the change by itself after the loss of the connection. */
  protected?: boolean | null;
  /** The configuration survives a restart of the device. */
  saved?: boolean | null;
  method?: string;
  change_id?: string;
  /** `sha256:…` of the configuration without the lines that change by themselves. */
  hash?: string;
  /** `sha256:…` of the configuration without the lines that change by themselves. */
  base_hash?: string;
  dropped_candidate?: boolean;
}

/** `set` (Junos) is an extension */
export type ConfigFormat = "text" | "set" | "json" | "xml";

export interface ConnectionOptions {
  /** Seconds; 0: 30; from dialling to the first prompt. */
  readonly timeout?: number;
  /** Seconds; 0: 30; between two signs of life. */
  readonly keepalive?: number;
  /** Connected as soon as it is registered, and by any command; default `true`. */
  readonly auto_connect?: boolean;
  /** Extension: also the algorithms of old devices (SHA-1 key exchange, ssh-rsa, CBC). */
  readonly legacy_algorithms?: boolean;
  /** Extension: an SSH server that the connection goes through. */
  readonly jump_host?: JumpHost | null;
}

export type ConnectionStatus = "connected" | "disconnected" | "error";

export interface Container {
  name: string;
  image: string;
  ready: boolean;
  restart_count: number;
  /** `running`, `waiting` or `terminated`. */
  state: string;
  /** Extension: why it does not run, such as `CrashLoopBackOff`; else empty. */
  reason: string;
  /** Extension. */
  message: string;
  /** Extension: where it has ended. */
  exit_code: number | null;
  ports: {
    container_port: number;
    protocol: string;
    name: string;
  }[];
  resources: {
    requests: Record<string, string>;
    limits: Record<string, string>;
  };
}

export interface ContainerLogLine {
  /** ISO 8601, to the nanosecond; empty if the engine does not say. */
  time: string;
  stream: "stdout" | "stderr";
  message: string;
}

export interface ContainerOutcome {
  id: string;
  name: string;
  state: string;
  /** `false` if the container had this state already. */
  changed: boolean;
}

export interface ContainerSummary {
  name: string;
  image: string;
  ready: boolean;
  restart_count: number;
  /** `running`, `waiting` or `terminated`. */
  state: string;
  /** Extension: why it does not run, such as `CrashLoopBackOff`; else empty. */
  reason: string;
  /** Extension. */
  message: string;
  /** Extension: where it has ended. */
  exit_code: number | null;
}

export interface CreatedDevice {
  id: string;
  name: string;
  type: DeviceType;
  hostname: string;
  port: number;
  status: ConnectionStatus;
  /** Extension: the site whose agent connects to it. */
  site: string;
  tags: string[];
  /** UTC, ISO 8601. */
  created_at: string;
  /** Only where the status is `error`. */
  error?: string;
  /** Extension: such as `auth_failed`, `host_key_changed`. */
  error_reason?: string;
}

export interface Deployment {
  name: string;
  /** Extension. */
  namespace: string;
  /** The desired number. */
  replicas: number;
  available_replicas: number;
  /** Extension. */
  ready_replicas: number;
  /** Extension. */
  updated_replicas: number;
  strategy: string;
  /** Extension. */
  paused: boolean;
  /** Extension. */
  images: string[];
  /** UTC, ISO 8601. */
  created_at: string;
  labels: Record<string, string>;
}

export interface Device {
  id: string;
  name: string;
  type: DeviceType;
  hostname: string;
  port: number;
  status: ConnectionStatus;
  /** Extension: the site whose agent connects to it. */
  site: string;
  tags: string[];
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  last_connected: string | null;
}

export interface DeviceCredentials {
  readonly username: string;
  readonly password?: string;
  /** Private key, base64. */
  readonly ssh_key?: string;
  /** Extension: of the private key. */
  readonly passphrase?: string;
  /** Extension: for `enable`, where the platform has it. */
  readonly enable_password?: string;
}

/** `frr` is an extension */
export type DeviceType = "cisco_ios" | "cisco_nxos" | "juniper_junos" | "frr";

export interface DockerContainer {
  id: string;
  name: string;
  image: string;
  /** As the engine says: `running`, `exited`, `paused`, `created`, …. */
  state: string;
  ports: string[];
  labels: Record<string, string>;
  /** The server of Roundhouse that runs in it; `null` for none. */
  server_id: string | null;
  /** UTC, ISO 8601. */
  created_at: string;
  /** The engine's words, such as `Up 2 hours`. */
  status: string;
}

export interface DockerEngine {
  version: string;
  os: string;
  architecture: string;
  cpus: number;
  memory_bytes: number;
  containers: number;
  running: number;
  images: number;
}

export interface DockerHost {
  /** Id of the agent. */
  id: string;
  /** Name of the agent. */
  name: string;
  site: string;
  reachable: boolean;
  /** Why the engine does not answer. */
  reason: string | null;
  engine: DockerEngine | null;
}

export interface DockerImage {
  id: string;
  tags: string[];
  digests: string[];
  bytes: number;
  containers: number;
  /** UTC, ISO 8601. */
  created_at: string;
}

export interface JumpHost {
  /** Name or address, as the site knows it. */
  readonly hostname: string;
  readonly port?: number;
  readonly credentials: {
    readonly username: string;
    readonly password?: string;
    /** Private key, base64. */
    readonly ssh_key?: string;
    /** Extension: of the private key. */
    readonly passphrase?: string;
  };
  /** Extension: the fingerprint that the host must show, `SHA256:…`; `null`: pin the next fingerprint. */
  readonly known_host_key?: string | null;
}

export interface Namespace {
  name: string;
  /** `Active` or `Terminating`. */
  status: string;
  /** UTC, ISO 8601. */
  created_at: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** `ports`, `resources`, `env`, `volume_mounts`, and everything else that Kubernetes knows */
export interface NewContainer {
  readonly name: string;
  readonly image: string;
  [name: string]: unknown;
}

export interface Pod {
  name: string;
  /** Extension. */
  namespace: string;
  /** The phase, or the reason for a delay: `CrashLoopBackOff`, `Terminating`, …. */
  status: string;
  phase: string;
  /** Empty: none yet. */
  ip: string;
  /** Empty: none yet. */
  node: string;
  /** Extension. */
  ready: boolean;
  /** Extension: of all containers. */
  restart_count: number;
  /** UTC, ISO 8601. */
  created_at: string;
  containers: ContainerSummary[];
}

export interface PodEvent {
  type: string;
  reason: string;
  message: string;
  count: number;
  /** `null` for never. */
  first_at: string | null;
  /** `null` for never. */
  last_at: string | null;
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    [name: string]: unknown;
  };
  readonly spec: {
    readonly containers: readonly NewContainer[];
    readonly volumes?: readonly {
      readonly name: string;
      [name: string]: unknown;
    }[];
    [name: string]: unknown;
  };
  [name: string]: unknown;
}

export type Role = "viewer" | "user" | "operator" | "admin";

export interface TerminalTicket {
  /** Good for one terminal. */
  ticket: string;
  /** UTC, ISO 8601. */
  expires_at: string;
  /** Of the WebSocket, below the address of the hub: `/terminals/ws`. */
  path: string;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  token_type: "Bearer";
  /** Lifetime of the access token, seconds. */
  expires_in: number;
}

export interface User {
  id: string;
  username: string;
  email: string | null;
  role: Role;
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  last_login: string | null;
}

/** Body of Sign in with user name and password: `POST /infrastructure/api/v1/auth/login`. */
export interface LoginBody {
  readonly username: string;
  readonly password: string;
}

/** Answer of Sign in with user name and password: `POST /infrastructure/api/v1/auth/login`. */
export type LoginResult = Tokens;

/** Body of Exchange a refresh token for a new pair; the old one is spent: `POST /infrastructure/api/v1/auth/refresh`. */
export interface RefreshBody {
  readonly refresh_token: string;
}

/** Answer of Exchange a refresh token for a new pair; the old one is spent: `POST /infrastructure/api/v1/auth/refresh`. */
export type RefreshResult = Tokens;

/** Answer of Sign out: the access token and its refresh token are refused from now on: `POST /infrastructure/api/v1/auth/logout`. */
export interface LogoutResult {
  message: string;
}

/** Query of List all users: `GET /infrastructure/api/v1/users`. */
export interface ListUsersQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `10`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"created_at"`. */
  readonly sort?: "id" | "username" | "email" | "role" | "created_at" | "last_login";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Is: text; empty for none. */
  readonly id?: string;
  /** Is: text. */
  readonly "id[eq]"?: string;
  /** Is not: text. */
  readonly "id[ne]"?: string;
  /** After: text. */
  readonly "id[gt]"?: string;
  /** Before: text. */
  readonly "id[lt]"?: string;
  /** From: text. */
  readonly "id[gte]"?: string;
  /** Up to: text. */
  readonly "id[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "id[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "id[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "id[regex]"?: string;
  /** Is: text; empty for none. */
  readonly username?: string;
  /** Is: text. */
  readonly "username[eq]"?: string;
  /** Is not: text. */
  readonly "username[ne]"?: string;
  /** After: text. */
  readonly "username[gt]"?: string;
  /** Before: text. */
  readonly "username[lt]"?: string;
  /** From: text. */
  readonly "username[gte]"?: string;
  /** Up to: text. */
  readonly "username[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "username[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "username[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "username[regex]"?: string;
  /** Is: text; empty for none. */
  readonly email?: string;
  /** Is: text. */
  readonly "email[eq]"?: string;
  /** Is not: text. */
  readonly "email[ne]"?: string;
  /** After: text. */
  readonly "email[gt]"?: string;
  /** Before: text. */
  readonly "email[lt]"?: string;
  /** From: text. */
  readonly "email[gte]"?: string;
  /** Up to: text. */
  readonly "email[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "email[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "email[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "email[regex]"?: string;
  /** Is: text; empty for none. */
  readonly role?: string;
  /** Is: text. */
  readonly "role[eq]"?: string;
  /** Is not: text. */
  readonly "role[ne]"?: string;
  /** After: text. */
  readonly "role[gt]"?: string;
  /** Before: text. */
  readonly "role[lt]"?: string;
  /** From: text. */
  readonly "role[gte]"?: string;
  /** Up to: text. */
  readonly "role[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "role[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "role[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "role[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly last_login?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_login[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_login[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_login[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_login[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_login[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_login[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "last_login[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "last_login[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "last_login[regex]"?: string;
}

/** Answer of List all users: `GET /infrastructure/api/v1/users`. */
export interface ListUsersResult {
  data: User[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Body of Create a user: `POST /infrastructure/api/v1/users`. */
export interface CreateUserBody {
  readonly username: string;
  readonly email: string;
  /** 8 to 256 characters; neither user name nor e-mail address, nor one of the most common passwords. */
  readonly password: string;
  readonly role: Role;
}

/** Answer of Create a user: `POST /infrastructure/api/v1/users`. */
export interface CreateUserResult {
  id: string;
  username: string;
  email: string | null;
  role: Role;
  /** UTC, ISO 8601. */
  created_at: string;
}

/** Answer of Get a user: `GET /infrastructure/api/v1/users/{user_id}`. */
export type GetUserResult = User;

/** Body of Update a user: `PUT /infrastructure/api/v1/users/{user_id}`. */
export interface UpdateUserBody {
  readonly email?: string;
  /** 8 to 256 characters; neither user name nor e-mail address, nor one of the most common passwords. */
  readonly password?: string;
  readonly role?: Role;
  /** Extension: the password as it is; needed to change your own e-mail address or password, but for admins. */
  readonly current_password?: string;
}

/** Answer of Update a user: `PUT /infrastructure/api/v1/users/{user_id}`. */
export interface UpdateUserResult {
  id: string;
  username: string;
  email: string | null;
  role: Role;
  /** UTC, ISO 8601. */
  updated_at: string;
}

/** Answer of Delete a user: `DELETE /infrastructure/api/v1/users/{user_id}`. */
export interface DeleteUserResult {
  message: string;
}

/** Query of List the current user's API keys: `GET /infrastructure/api/v1/api-keys`. */
export interface ListApiKeysQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `100`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"created_at"`. */
  readonly sort?: "id" | "name" | "prefix" | "created_at" | "expires_at" | "last_used";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Is: text; empty for none. */
  readonly id?: string;
  /** Is: text. */
  readonly "id[eq]"?: string;
  /** Is not: text. */
  readonly "id[ne]"?: string;
  /** After: text. */
  readonly "id[gt]"?: string;
  /** Before: text. */
  readonly "id[lt]"?: string;
  /** From: text. */
  readonly "id[gte]"?: string;
  /** Up to: text. */
  readonly "id[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "id[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "id[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "id[regex]"?: string;
  /** Is: text; empty for none. */
  readonly name?: string;
  /** Is: text. */
  readonly "name[eq]"?: string;
  /** Is not: text. */
  readonly "name[ne]"?: string;
  /** After: text. */
  readonly "name[gt]"?: string;
  /** Before: text. */
  readonly "name[lt]"?: string;
  /** From: text. */
  readonly "name[gte]"?: string;
  /** Up to: text. */
  readonly "name[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "name[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "name[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "name[regex]"?: string;
  /** Is: text; empty for none. */
  readonly prefix?: string;
  /** Is: text. */
  readonly "prefix[eq]"?: string;
  /** Is not: text. */
  readonly "prefix[ne]"?: string;
  /** After: text. */
  readonly "prefix[gt]"?: string;
  /** Before: text. */
  readonly "prefix[lt]"?: string;
  /** From: text. */
  readonly "prefix[gte]"?: string;
  /** Up to: text. */
  readonly "prefix[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "prefix[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "prefix[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "prefix[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly expires_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "expires_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "expires_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "expires_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "expires_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "expires_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "expires_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "expires_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "expires_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "expires_at[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly last_used?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_used[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_used[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_used[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_used[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_used[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_used[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "last_used[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "last_used[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "last_used[regex]"?: string;
}

/** Answer of List the current user's API keys: `GET /infrastructure/api/v1/api-keys`. */
export interface ListApiKeysResult {
  data: ApiKey[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Body of Create an API key: `POST /infrastructure/api/v1/api-keys`. */
export interface CreateApiKeyBody {
  readonly name: string;
  /** Seconds; 0: never. Default: `0`. */
  readonly expires_in?: number;
}

/** Answer of Create an API key: `POST /infrastructure/api/v1/api-keys`. */
export interface CreateApiKeyResult {
  id: string;
  name: string;
  /** The first characters of the key. */
  prefix: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  expires_at: string | null;
  /** Shown only once. */
  key: string;
}

/** Answer of Delete one of the current user's API keys; it is refused from the next request on: `DELETE /infrastructure/api/v1/api-keys/{key_id}`. */
export interface DeleteApiKeyResult {
  message: string;
}

/** Query of List all Kubernetes clusters: `GET /infrastructure/api/v1/kubernetes/clusters`. */
export interface ListClustersQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `10`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"created_at"`. */
  readonly sort?: "id" | "name" | "description" | "status" | "version" | "nodes_count" | "site" | "created_at" | "last_connected";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Is: text; empty for none. */
  readonly id?: string;
  /** Is: text. */
  readonly "id[eq]"?: string;
  /** Is not: text. */
  readonly "id[ne]"?: string;
  /** After: text. */
  readonly "id[gt]"?: string;
  /** Before: text. */
  readonly "id[lt]"?: string;
  /** From: text. */
  readonly "id[gte]"?: string;
  /** Up to: text. */
  readonly "id[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "id[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "id[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "id[regex]"?: string;
  /** Is: text; empty for none. */
  readonly name?: string;
  /** Is: text. */
  readonly "name[eq]"?: string;
  /** Is not: text. */
  readonly "name[ne]"?: string;
  /** After: text. */
  readonly "name[gt]"?: string;
  /** Before: text. */
  readonly "name[lt]"?: string;
  /** From: text. */
  readonly "name[gte]"?: string;
  /** Up to: text. */
  readonly "name[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "name[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "name[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "name[regex]"?: string;
  /** Is: text; empty for none. */
  readonly description?: string;
  /** Is: text. */
  readonly "description[eq]"?: string;
  /** Is not: text. */
  readonly "description[ne]"?: string;
  /** After: text. */
  readonly "description[gt]"?: string;
  /** Before: text. */
  readonly "description[lt]"?: string;
  /** From: text. */
  readonly "description[gte]"?: string;
  /** Up to: text. */
  readonly "description[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "description[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "description[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "description[regex]"?: string;
  /** Is: text; empty for none. */
  readonly status?: string;
  /** Is: text. */
  readonly "status[eq]"?: string;
  /** Is not: text. */
  readonly "status[ne]"?: string;
  /** After: text. */
  readonly "status[gt]"?: string;
  /** Before: text. */
  readonly "status[lt]"?: string;
  /** From: text. */
  readonly "status[gte]"?: string;
  /** Up to: text. */
  readonly "status[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "status[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "status[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "status[regex]"?: string;
  /** Is: text; empty for none. */
  readonly version?: string;
  /** Is: text. */
  readonly "version[eq]"?: string;
  /** Is not: text. */
  readonly "version[ne]"?: string;
  /** After: text. */
  readonly "version[gt]"?: string;
  /** Before: text. */
  readonly "version[lt]"?: string;
  /** From: text. */
  readonly "version[gte]"?: string;
  /** Up to: text. */
  readonly "version[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "version[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "version[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "version[regex]"?: string;
  /** Is: number; empty for none. */
  readonly nodes_count?: string;
  /** Is: number. */
  readonly "nodes_count[eq]"?: string;
  /** Is not: number. */
  readonly "nodes_count[ne]"?: string;
  /** After: number. */
  readonly "nodes_count[gt]"?: string;
  /** Before: number. */
  readonly "nodes_count[lt]"?: string;
  /** From: number. */
  readonly "nodes_count[gte]"?: string;
  /** Up to: number. */
  readonly "nodes_count[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "nodes_count[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "nodes_count[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "nodes_count[regex]"?: string;
  /** Is: text; empty for none. */
  readonly site?: string;
  /** Is: text. */
  readonly "site[eq]"?: string;
  /** Is not: text. */
  readonly "site[ne]"?: string;
  /** After: text. */
  readonly "site[gt]"?: string;
  /** Before: text. */
  readonly "site[lt]"?: string;
  /** From: text. */
  readonly "site[gte]"?: string;
  /** Up to: text. */
  readonly "site[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "site[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "site[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "site[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly last_connected?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "last_connected[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "last_connected[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "last_connected[regex]"?: string;
}

/** Answer of List all Kubernetes clusters: `GET /infrastructure/api/v1/kubernetes/clusters`. */
export interface ListClustersResult {
  data: Cluster[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Body of Add a Kubernetes cluster: `POST /infrastructure/api/v1/kubernetes/clusters`. */
export interface CreateClusterBody {
  readonly name: string;
  readonly description?: string;
  readonly config: ClusterConfig;
  /** Extension: see `GET /api/sites`. */
  readonly site?: string;
}

/** Answer of Add a Kubernetes cluster: `POST /infrastructure/api/v1/kubernetes/clusters`. */
export interface CreateClusterResult {
  id: string;
  name: string;
  description: string;
  status: ConnectionStatus;
  /** Empty: not known yet. */
  version: string;
  nodes_count: number;
  /** Extension: the site whose agent connects to it. */
  site: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** Only where the status is `error`. */
  error?: string;
  /** Extension: such as `unreachable`, `unauthorized`, `tls`. */
  error_reason?: string;
}

/** Answer of Get a Kubernetes cluster: `GET /infrastructure/api/v1/kubernetes/clusters/{cluster_id}`. */
export interface GetClusterResult {
  id: string;
  name: string;
  description: string;
  status: ConnectionStatus;
  /** Empty: not known yet. */
  version: string;
  nodes_count: number;
  /** Extension: the site whose agent connects to it. */
  site: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  last_connected: string | null;
  /** Only where the status is `error`. */
  error?: string;
  /** Extension: such as `unreachable`, `unauthorized`, `tls`. */
  error_reason?: string;
  /** As of the last check. */
  nodes: ClusterNode[];
  /** Extension. */
  platform: string;
  /** Extension. */
  namespaces_count: number | null;
  /** Extension. */
  pods_count: number | null;
  /** Extension: the kinds that the credentials may not see, which the answer leaves out. */
  forbidden: string[];
  /** `null` for never. */
  checked_at: string | null;
  /** Extension: how it is reached, without credentials. */
  access: {
    type: "kubeconfig" | "host" | "agent";
    host: string;
    context: string;
    insecure_skip_tls_verify: boolean;
    timeout: number;
  };
  /** UTC, ISO 8601. */
  updated_at: string;
}

/** Body of Update a Kubernetes cluster: `PUT /infrastructure/api/v1/kubernetes/clusters/{cluster_id}`. */
export interface UpdateClusterBody {
  readonly name?: string;
  readonly description?: string;
  readonly config?: ClusterConfig;
}

/** Answer of Update a Kubernetes cluster: `PUT /infrastructure/api/v1/kubernetes/clusters/{cluster_id}`. */
export interface UpdateClusterResult {
  id: string;
  name: string;
  description: string;
  status: ConnectionStatus;
  /** Empty: not known yet. */
  version: string;
  nodes_count: number;
  /** Extension: the site whose agent connects to it. */
  site: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** Only where the status is `error`. */
  error?: string;
  /** Extension: such as `unreachable`, `unauthorized`, `tls`. */
  error_reason?: string;
  /** UTC, ISO 8601. */
  updated_at: string;
}

/** Answer of Remove a Kubernetes cluster: `DELETE /infrastructure/api/v1/kubernetes/clusters/{cluster_id}`. */
export interface DeleteClusterResult {
  message: string;
}

/** Answer of Check a Kubernetes cluster now: `POST /infrastructure/api/v1/kubernetes/clusters/{cluster_id}/check`. */
export interface CheckClusterResult {
  id: string;
  name: string;
  description: string;
  status: ConnectionStatus;
  /** Empty: not known yet. */
  version: string;
  nodes_count: number;
  /** Extension: the site whose agent connects to it. */
  site: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  last_connected: string | null;
  /** Only where the status is `error`. */
  error?: string;
  /** Extension: such as `unreachable`, `unauthorized`, `tls`. */
  error_reason?: string;
  /** As of the last check. */
  nodes: ClusterNode[];
  /** Extension. */
  platform: string;
  /** Extension. */
  namespaces_count: number | null;
  /** Extension. */
  pods_count: number | null;
  /** Extension: the kinds that the credentials may not see, which the answer leaves out. */
  forbidden: string[];
  /** `null` for never. */
  checked_at: string | null;
  /** Extension: how it is reached, without credentials. */
  access: {
    type: "kubeconfig" | "host" | "agent";
    host: string;
    context: string;
    insecure_skip_tls_verify: boolean;
    timeout: number;
  };
  /** UTC, ISO 8601. */
  updated_at: string;
}

/** Query of List all namespaces in a cluster: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces`. */
export interface ListNamespacesQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `100`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"name"`. */
  readonly sort?: "name" | "status" | "created_at";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Extension: as Kubernetes reads it, such as `app=web,tier!=cache`. */
  readonly label_selector?: string;
  /** Extension: as Kubernetes reads it, such as `status.phase=Running`. */
  readonly field_selector?: string;
  /** Is: text; empty for none. */
  readonly name?: string;
  /** Is: text. */
  readonly "name[eq]"?: string;
  /** Is not: text. */
  readonly "name[ne]"?: string;
  /** After: text. */
  readonly "name[gt]"?: string;
  /** Before: text. */
  readonly "name[lt]"?: string;
  /** From: text. */
  readonly "name[gte]"?: string;
  /** Up to: text. */
  readonly "name[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "name[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "name[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "name[regex]"?: string;
  /** Is: text; empty for none. */
  readonly status?: string;
  /** Is: text. */
  readonly "status[eq]"?: string;
  /** Is not: text. */
  readonly "status[ne]"?: string;
  /** After: text. */
  readonly "status[gt]"?: string;
  /** Before: text. */
  readonly "status[lt]"?: string;
  /** From: text. */
  readonly "status[gte]"?: string;
  /** Up to: text. */
  readonly "status[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "status[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "status[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "status[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
}

/** Answer of List all namespaces in a cluster: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces`. */
export interface ListNamespacesResult {
  data: Namespace[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Body of Create a namespace: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces`. */
export interface CreateNamespaceBody {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Answer of Create a namespace: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces`. */
export type CreateNamespaceResult = Namespace;

/** Query of List all pods in a namespace: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods`. */
export interface ListPodsQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `10`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"name"`. */
  readonly sort?: "name" | "namespace" | "status" | "phase" | "ip" | "node" | "ready" | "restart_count" | "created_at";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Extension: as Kubernetes reads it, such as `app=web,tier!=cache`. */
  readonly label_selector?: string;
  /** Extension: as Kubernetes reads it, such as `status.phase=Running`. */
  readonly field_selector?: string;
  /** Is: text; empty for none. */
  readonly name?: string;
  /** Is: text. */
  readonly "name[eq]"?: string;
  /** Is not: text. */
  readonly "name[ne]"?: string;
  /** After: text. */
  readonly "name[gt]"?: string;
  /** Before: text. */
  readonly "name[lt]"?: string;
  /** From: text. */
  readonly "name[gte]"?: string;
  /** Up to: text. */
  readonly "name[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "name[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "name[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "name[regex]"?: string;
  /** Is: text; empty for none. */
  readonly namespace?: string;
  /** Is: text. */
  readonly "namespace[eq]"?: string;
  /** Is not: text. */
  readonly "namespace[ne]"?: string;
  /** After: text. */
  readonly "namespace[gt]"?: string;
  /** Before: text. */
  readonly "namespace[lt]"?: string;
  /** From: text. */
  readonly "namespace[gte]"?: string;
  /** Up to: text. */
  readonly "namespace[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "namespace[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "namespace[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "namespace[regex]"?: string;
  /** Is: text; empty for none. */
  readonly status?: string;
  /** Is: text. */
  readonly "status[eq]"?: string;
  /** Is not: text. */
  readonly "status[ne]"?: string;
  /** After: text. */
  readonly "status[gt]"?: string;
  /** Before: text. */
  readonly "status[lt]"?: string;
  /** From: text. */
  readonly "status[gte]"?: string;
  /** Up to: text. */
  readonly "status[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "status[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "status[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "status[regex]"?: string;
  /** Is: text; empty for none. */
  readonly phase?: string;
  /** Is: text. */
  readonly "phase[eq]"?: string;
  /** Is not: text. */
  readonly "phase[ne]"?: string;
  /** After: text. */
  readonly "phase[gt]"?: string;
  /** Before: text. */
  readonly "phase[lt]"?: string;
  /** From: text. */
  readonly "phase[gte]"?: string;
  /** Up to: text. */
  readonly "phase[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "phase[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "phase[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "phase[regex]"?: string;
  /** Is: text; empty for none. */
  readonly ip?: string;
  /** Is: text. */
  readonly "ip[eq]"?: string;
  /** Is not: text. */
  readonly "ip[ne]"?: string;
  /** After: text. */
  readonly "ip[gt]"?: string;
  /** Before: text. */
  readonly "ip[lt]"?: string;
  /** From: text. */
  readonly "ip[gte]"?: string;
  /** Up to: text. */
  readonly "ip[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "ip[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "ip[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "ip[regex]"?: string;
  /** Is: text; empty for none. */
  readonly node?: string;
  /** Is: text. */
  readonly "node[eq]"?: string;
  /** Is not: text. */
  readonly "node[ne]"?: string;
  /** After: text. */
  readonly "node[gt]"?: string;
  /** Before: text. */
  readonly "node[lt]"?: string;
  /** From: text. */
  readonly "node[gte]"?: string;
  /** Up to: text. */
  readonly "node[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "node[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "node[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "node[regex]"?: string;
  /** Is: `true` or `false`; empty for none. */
  readonly ready?: string;
  /** Is: `true` or `false`. */
  readonly "ready[eq]"?: string;
  /** Is not: `true` or `false`. */
  readonly "ready[ne]"?: string;
  /** After: `true` or `false`. */
  readonly "ready[gt]"?: string;
  /** Before: `true` or `false`. */
  readonly "ready[lt]"?: string;
  /** From: `true` or `false`. */
  readonly "ready[gte]"?: string;
  /** Up to: `true` or `false`. */
  readonly "ready[lte]"?: string;
  /** One of: `true` or `false`, comma-separated. */
  readonly "ready[in]"?: string | readonly string[];
  /** None of: `true` or `false`, comma-separated. */
  readonly "ready[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "ready[regex]"?: string;
  /** Is: number; empty for none. */
  readonly restart_count?: string;
  /** Is: number. */
  readonly "restart_count[eq]"?: string;
  /** Is not: number. */
  readonly "restart_count[ne]"?: string;
  /** After: number. */
  readonly "restart_count[gt]"?: string;
  /** Before: number. */
  readonly "restart_count[lt]"?: string;
  /** From: number. */
  readonly "restart_count[gte]"?: string;
  /** Up to: number. */
  readonly "restart_count[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "restart_count[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "restart_count[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "restart_count[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
}

/** Answer of List all pods in a namespace: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods`. */
export interface ListPodsResult {
  data: Pod[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Answer of Get a pod: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}`. */
export interface GetPodResult {
  name: string;
  /** Extension. */
  namespace: string;
  /** The phase, or the reason for a delay: `CrashLoopBackOff`, `Terminating`, …. */
  status: string;
  phase: string;
  /** Empty: none yet. */
  ip: string;
  /** Empty: none yet. */
  node: string;
  /** Extension. */
  ready: boolean;
  /** Extension: of all containers. */
  restart_count: number;
  /** UTC, ISO 8601. */
  created_at: string;
  containers: Container[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  volumes: {
    name: string;
    /** Such as `config_map`. */
    type: string;
    details: Record<string, unknown>;
  }[];
  /** Extension. */
  init_containers: Container[];
  /** Extension. */
  host_ip: string;
  /** Extension. */
  qos_class: string;
  /** Extension. */
  service_account: string;
  owner: {
    kind: string;
    name: string;
  } | null;
  /** `null` for never. */
  started_at: string | null;
  /** Extension. */
  conditions: Condition[];
  /** Extension: the newest 50, oldest first. */
  events: PodEvent[];
}

/** Query of Get logs for a pod: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs`. */
export interface ReadPodLogQuery {
  /** Required if the pod has several. */
  readonly container?: string;
  /** How many of the last lines; default: all. */
  readonly tail_lines?: number;
  /** Only lines of this many past seconds. */
  readonly since_seconds?: number;
  /** Each line begins with its time. Default: `false`. */
  readonly timestamps?: boolean;
  /** Extension: of the container's life before its restart. Default: `false`. */
  readonly previous?: boolean;
}

/** Answer of Get logs for a pod: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs`. */
export interface ReadPodLogResult {
  logs: string;
  /** Extension: it is longer than 8 MiB, and its last part is left out. */
  truncated: boolean;
}

/** Body of Execute a command in a pod: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec`. */
export interface ExecInPodBody {
  /** Required if the pod has several. */
  readonly container?: string;
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** The command's input, which ends there. */
  readonly stdin?: string;
  /** Give it a terminal: all output is in `stdout` then. */
  readonly tty?: boolean;
  /** Extension: seconds; then it is ended; default 60. */
  readonly timeout?: number;
}

/** Answer of Execute a command in a pod: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec`. */
export interface ExecInPodResult {
  stdout: string;
  stderr: string;
  exit_code: number;
  /** Extension: of each output only the first MiB is kept. */
  truncated: boolean;
  /** Extension. */
  container: string;
  /** Extension. */
  duration_ms: number;
}

/** Body of Open a terminal in a pod: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/terminals`. */
export interface OpenPodTerminalBody {
  /** Required if the pod has several. */
  readonly container?: string;
  /** The program and its arguments; no shell reads them; default: `/bin/sh`. */
  readonly command?: readonly string[];
}

/** Answer of Open a terminal in a pod: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/terminals`. */
export type OpenPodTerminalResult = TerminalTicket;

/** Query of List all deployments in a namespace: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments`. */
export interface ListDeploymentsQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `10`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"name"`. */
  readonly sort?: "name" | "namespace" | "replicas" | "ready_replicas" | "updated_replicas" | "available_replicas" | "strategy" | "paused" | "created_at";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Extension: as Kubernetes reads it, such as `app=web,tier!=cache`. */
  readonly label_selector?: string;
  /** Extension: as Kubernetes reads it, such as `status.phase=Running`. */
  readonly field_selector?: string;
  /** Is: text; empty for none. */
  readonly name?: string;
  /** Is: text. */
  readonly "name[eq]"?: string;
  /** Is not: text. */
  readonly "name[ne]"?: string;
  /** After: text. */
  readonly "name[gt]"?: string;
  /** Before: text. */
  readonly "name[lt]"?: string;
  /** From: text. */
  readonly "name[gte]"?: string;
  /** Up to: text. */
  readonly "name[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "name[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "name[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "name[regex]"?: string;
  /** Is: text; empty for none. */
  readonly namespace?: string;
  /** Is: text. */
  readonly "namespace[eq]"?: string;
  /** Is not: text. */
  readonly "namespace[ne]"?: string;
  /** After: text. */
  readonly "namespace[gt]"?: string;
  /** Before: text. */
  readonly "namespace[lt]"?: string;
  /** From: text. */
  readonly "namespace[gte]"?: string;
  /** Up to: text. */
  readonly "namespace[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "namespace[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "namespace[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "namespace[regex]"?: string;
  /** Is: number; empty for none. */
  readonly replicas?: string;
  /** Is: number. */
  readonly "replicas[eq]"?: string;
  /** Is not: number. */
  readonly "replicas[ne]"?: string;
  /** After: number. */
  readonly "replicas[gt]"?: string;
  /** Before: number. */
  readonly "replicas[lt]"?: string;
  /** From: number. */
  readonly "replicas[gte]"?: string;
  /** Up to: number. */
  readonly "replicas[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "replicas[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "replicas[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "replicas[regex]"?: string;
  /** Is: number; empty for none. */
  readonly ready_replicas?: string;
  /** Is: number. */
  readonly "ready_replicas[eq]"?: string;
  /** Is not: number. */
  readonly "ready_replicas[ne]"?: string;
  /** After: number. */
  readonly "ready_replicas[gt]"?: string;
  /** Before: number. */
  readonly "ready_replicas[lt]"?: string;
  /** From: number. */
  readonly "ready_replicas[gte]"?: string;
  /** Up to: number. */
  readonly "ready_replicas[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "ready_replicas[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "ready_replicas[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "ready_replicas[regex]"?: string;
  /** Is: number; empty for none. */
  readonly updated_replicas?: string;
  /** Is: number. */
  readonly "updated_replicas[eq]"?: string;
  /** Is not: number. */
  readonly "updated_replicas[ne]"?: string;
  /** After: number. */
  readonly "updated_replicas[gt]"?: string;
  /** Before: number. */
  readonly "updated_replicas[lt]"?: string;
  /** From: number. */
  readonly "updated_replicas[gte]"?: string;
  /** Up to: number. */
  readonly "updated_replicas[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "updated_replicas[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "updated_replicas[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "updated_replicas[regex]"?: string;
  /** Is: number; empty for none. */
  readonly available_replicas?: string;
  /** Is: number. */
  readonly "available_replicas[eq]"?: string;
  /** Is not: number. */
  readonly "available_replicas[ne]"?: string;
  /** After: number. */
  readonly "available_replicas[gt]"?: string;
  /** Before: number. */
  readonly "available_replicas[lt]"?: string;
  /** From: number. */
  readonly "available_replicas[gte]"?: string;
  /** Up to: number. */
  readonly "available_replicas[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "available_replicas[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "available_replicas[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "available_replicas[regex]"?: string;
  /** Is: text; empty for none. */
  readonly strategy?: string;
  /** Is: text. */
  readonly "strategy[eq]"?: string;
  /** Is not: text. */
  readonly "strategy[ne]"?: string;
  /** After: text. */
  readonly "strategy[gt]"?: string;
  /** Before: text. */
  readonly "strategy[lt]"?: string;
  /** From: text. */
  readonly "strategy[gte]"?: string;
  /** Up to: text. */
  readonly "strategy[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "strategy[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "strategy[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "strategy[regex]"?: string;
  /** Is: `true` or `false`; empty for none. */
  readonly paused?: string;
  /** Is: `true` or `false`. */
  readonly "paused[eq]"?: string;
  /** Is not: `true` or `false`. */
  readonly "paused[ne]"?: string;
  /** After: `true` or `false`. */
  readonly "paused[gt]"?: string;
  /** Before: `true` or `false`. */
  readonly "paused[lt]"?: string;
  /** From: `true` or `false`. */
  readonly "paused[gte]"?: string;
  /** Up to: `true` or `false`. */
  readonly "paused[lte]"?: string;
  /** One of: `true` or `false`, comma-separated. */
  readonly "paused[in]"?: string | readonly string[];
  /** None of: `true` or `false`, comma-separated. */
  readonly "paused[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "paused[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
}

/** Answer of List all deployments in a namespace: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments`. */
export interface ListDeploymentsResult {
  data: Deployment[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Body of Create a deployment: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments`. */
export interface CreateDeploymentBody {
  readonly name: string;
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly selector?: {
    readonly match_labels?: Readonly<Record<string, string>>;
    [name: string]: unknown;
  };
  readonly template: PodTemplate;
  /** Extension. */
  readonly strategy?: {
    readonly type?: string;
    [name: string]: unknown;
  };
  readonly min_ready_seconds?: number;
  readonly progress_deadline_seconds?: number;
  readonly revision_history_limit?: number;
  readonly paused?: boolean;
}

/** Answer of Create a deployment: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments`. */
export type CreateDeploymentResult = Deployment;

/** Answer of Get a deployment: `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}`. */
export interface GetDeploymentResult {
  name: string;
  /** Extension. */
  namespace: string;
  /** The desired number. */
  replicas: number;
  available_replicas: number;
  /** Extension. */
  ready_replicas: number;
  /** Extension. */
  updated_replicas: number;
  strategy: string;
  /** Extension. */
  paused: boolean;
  /** Extension. */
  images: string[];
  /** UTC, ISO 8601. */
  created_at: string;
  labels: Record<string, string>;
  selector: Record<string, string>;
  annotations: Record<string, string>;
  conditions: Condition[];
}

/** Body of Scale a deployment: `PUT /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/scale`. */
export interface ScaleDeploymentBody {
  readonly replicas: number;
  /** Extension: answer once they are available, after this many seconds at most. */
  readonly wait?: number;
}

/** Answer of Scale a deployment: `PUT /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/scale`. */
export interface ScaleDeploymentResult {
  name: string;
  replicas: number;
  available_replicas: number;
  /** UTC, ISO 8601. */
  updated_at: string;
}

/** Answer of Restart a deployment: `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/restart`. */
export interface RestartDeploymentResult {
  name: string;
  /** Extension. */
  namespace: string;
  /** The desired number. */
  replicas: number;
  available_replicas: number;
  /** Extension. */
  ready_replicas: number;
  /** Extension. */
  updated_replicas: number;
  strategy: string;
  /** Extension. */
  paused: boolean;
  /** Extension. */
  images: string[];
  /** UTC, ISO 8601. */
  created_at: string;
  labels: Record<string, string>;
  /** UTC, ISO 8601. */
  restarted_at: string;
}

/** Query of List all network devices: `GET /infrastructure/api/v1/network/devices`. */
export interface ListDevicesQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `10`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"created_at"`. */
  readonly sort?: "id" | "name" | "type" | "hostname" | "port" | "status" | "site" | "tags" | "created_at" | "last_connected";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Is: text; empty for none. */
  readonly id?: string;
  /** Is: text. */
  readonly "id[eq]"?: string;
  /** Is not: text. */
  readonly "id[ne]"?: string;
  /** After: text. */
  readonly "id[gt]"?: string;
  /** Before: text. */
  readonly "id[lt]"?: string;
  /** From: text. */
  readonly "id[gte]"?: string;
  /** Up to: text. */
  readonly "id[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "id[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "id[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "id[regex]"?: string;
  /** Is: text; empty for none. */
  readonly name?: string;
  /** Is: text. */
  readonly "name[eq]"?: string;
  /** Is not: text. */
  readonly "name[ne]"?: string;
  /** After: text. */
  readonly "name[gt]"?: string;
  /** Before: text. */
  readonly "name[lt]"?: string;
  /** From: text. */
  readonly "name[gte]"?: string;
  /** Up to: text. */
  readonly "name[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "name[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "name[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "name[regex]"?: string;
  /** Is: text; empty for none. */
  readonly type?: string;
  /** Is: text. */
  readonly "type[eq]"?: string;
  /** Is not: text. */
  readonly "type[ne]"?: string;
  /** After: text. */
  readonly "type[gt]"?: string;
  /** Before: text. */
  readonly "type[lt]"?: string;
  /** From: text. */
  readonly "type[gte]"?: string;
  /** Up to: text. */
  readonly "type[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "type[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "type[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "type[regex]"?: string;
  /** Is: text; empty for none. */
  readonly hostname?: string;
  /** Is: text. */
  readonly "hostname[eq]"?: string;
  /** Is not: text. */
  readonly "hostname[ne]"?: string;
  /** After: text. */
  readonly "hostname[gt]"?: string;
  /** Before: text. */
  readonly "hostname[lt]"?: string;
  /** From: text. */
  readonly "hostname[gte]"?: string;
  /** Up to: text. */
  readonly "hostname[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "hostname[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "hostname[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "hostname[regex]"?: string;
  /** Is: number; empty for none. */
  readonly port?: string;
  /** Is: number. */
  readonly "port[eq]"?: string;
  /** Is not: number. */
  readonly "port[ne]"?: string;
  /** After: number. */
  readonly "port[gt]"?: string;
  /** Before: number. */
  readonly "port[lt]"?: string;
  /** From: number. */
  readonly "port[gte]"?: string;
  /** Up to: number. */
  readonly "port[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "port[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "port[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "port[regex]"?: string;
  /** Is: text; empty for none. */
  readonly status?: string;
  /** Is: text. */
  readonly "status[eq]"?: string;
  /** Is not: text. */
  readonly "status[ne]"?: string;
  /** After: text. */
  readonly "status[gt]"?: string;
  /** Before: text. */
  readonly "status[lt]"?: string;
  /** From: text. */
  readonly "status[gte]"?: string;
  /** Up to: text. */
  readonly "status[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "status[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "status[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "status[regex]"?: string;
  /** Is: text; empty for none. */
  readonly site?: string;
  /** Is: text. */
  readonly "site[eq]"?: string;
  /** Is not: text. */
  readonly "site[ne]"?: string;
  /** After: text. */
  readonly "site[gt]"?: string;
  /** Before: text. */
  readonly "site[lt]"?: string;
  /** From: text. */
  readonly "site[gte]"?: string;
  /** Up to: text. */
  readonly "site[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "site[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "site[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "site[regex]"?: string;
  /** Is: text; empty for none. */
  readonly tags?: string;
  /** Is: text. */
  readonly "tags[eq]"?: string;
  /** Is not: text. */
  readonly "tags[ne]"?: string;
  /** After: text. */
  readonly "tags[gt]"?: string;
  /** Before: text. */
  readonly "tags[lt]"?: string;
  /** From: text. */
  readonly "tags[gte]"?: string;
  /** Up to: text. */
  readonly "tags[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "tags[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "tags[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "tags[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly last_connected?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "last_connected[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "last_connected[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "last_connected[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "last_connected[regex]"?: string;
}

/** Answer of List all network devices: `GET /infrastructure/api/v1/network/devices`. */
export interface ListDevicesResult {
  data: Device[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Body of Add a network device: `POST /infrastructure/api/v1/network/devices`. */
export interface CreateDeviceBody {
  readonly name: string;
  readonly type: DeviceType;
  /** Name or address, as the site knows it. */
  readonly hostname: string;
  readonly port?: number;
  readonly credentials: DeviceCredentials;
  readonly connection_options?: ConnectionOptions;
  /** Extension: the fingerprint that the host must show, `SHA256:…`; `null`: pin the next fingerprint. */
  readonly known_host_key?: string | null;
  readonly tags?: readonly string[];
  /** Extension: see `GET /api/sites`. */
  readonly site?: string;
}

/** Answer of Add a network device: `POST /infrastructure/api/v1/network/devices`. */
export type CreateDeviceResult = CreatedDevice;

/** Answer of Get a network device: `GET /infrastructure/api/v1/network/devices/{device_id}`. */
export interface GetDeviceResult {
  id: string;
  name: string;
  type: DeviceType;
  hostname: string;
  port: number;
  status: ConnectionStatus;
  /** Extension: the site whose agent connects to it. */
  site: string;
  tags: string[];
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  last_connected: string | null;
  /** Only where the status is `error`. */
  error?: string;
  /** Extension: such as `auth_failed`, `host_key_changed`. */
  error_reason?: string;
  /** Empty where the device does not say, or was never connected. */
  system_info: {
    model: string;
    serial: string;
    os_version: string;
    /** As the device prints it, when it was asked last. */
    uptime: string;
  };
  /** Extension. */
  username: string;
  connection_options: {
    timeout: number;
    keepalive: number;
    auto_connect: boolean;
    legacy_algorithms: boolean;
    jump_host: {
      hostname: string;
      port: number;
      username: string;
      /** Extension: the pinned fingerprint; `null`: none yet. */
      known_host_key: string | null;
    } | null;
  };
  /** Extension: the pinned fingerprint; `null`: none yet. */
  known_host_key: string | null;
  /** `null` for never. */
  next_attempt: string | null;
  /** UTC, ISO 8601. */
  updated_at: string;
}

/** Body of Update a network device: `PUT /infrastructure/api/v1/network/devices/{device_id}`. */
export interface UpdateDeviceBody {
  readonly name?: string;
  /** Name or address, as the site knows it. */
  readonly hostname?: string;
  readonly port?: number;
  readonly credentials?: DeviceCredentials;
  readonly connection_options?: ConnectionOptions;
  /** Extension: the fingerprint that the host must show, `SHA256:…`; `null`: pin the next fingerprint. */
  readonly known_host_key?: string | null;
  readonly tags?: readonly string[];
}

/** Answer of Update a network device: `PUT /infrastructure/api/v1/network/devices/{device_id}`. */
export interface UpdateDeviceResult {
  id: string;
  name: string;
  type: DeviceType;
  hostname: string;
  port: number;
  status: ConnectionStatus;
  /** Extension: the site whose agent connects to it. */
  site: string;
  tags: string[];
  /** UTC, ISO 8601. */
  created_at: string;
  /** Only where the status is `error`. */
  error?: string;
  /** Extension: such as `auth_failed`, `host_key_changed`. */
  error_reason?: string;
  /** UTC, ISO 8601. */
  updated_at: string;
}

/** Answer of Remove a network device: `DELETE /infrastructure/api/v1/network/devices/{device_id}`. */
export interface DeleteDeviceResult {
  message: string;
}

/** Answer of Connect to a network device: `POST /infrastructure/api/v1/network/devices/{device_id}/connect`. */
export interface ConnectDeviceResult {
  id: string;
  name: string;
  status: "connected";
  /** UTC, ISO 8601. */
  connected_at: string;
}

/** Answer of Disconnect from a network device: `POST /infrastructure/api/v1/network/devices/{device_id}/disconnect`. */
export interface DisconnectDeviceResult {
  id: string;
  name: string;
  status: "disconnected";
  /** UTC, ISO 8601. */
  disconnected_at: string;
}

/** Body of Execute a command on a network device: `POST /infrastructure/api/v1/network/devices/{device_id}/command`. */
export interface RunCommandBody {
  /** One line. */
  readonly command: string;
  /** Seconds for each command; 0: the default, 60. */
  readonly timeout?: number;
  /** Extension: ask for JSON where the platform has it for the command. */
  readonly structured?: boolean;
  /** Extension: answers to the questions of a command, in order; an empty one is the Enter key. */
  readonly answers?: readonly string[];
}

/** Answer of Execute a command on a network device: `POST /infrastructure/api/v1/network/devices/{device_id}/command`. */
export interface RunCommandResult {
  command: string;
  output: string;
  /** `false` where the device answered with an error. */
  success: boolean;
  /** The device's own words; only where `success` is false. */
  error?: string;
  /** Extension: whether it may change the device. */
  class: "read" | "change";
  /** Extension: the JSON output of the device. */
  structured?: unknown;
  /** Extension. */
  duration_ms: number;
  /** UTC, ISO 8601. */
  executed_at: string;
}

/** Body of Execute multiple commands on a network device, one after the other: `POST /infrastructure/api/v1/network/devices/{device_id}/commands`. */
export interface RunCommandsBody {
  readonly commands: readonly string[];
  /** Seconds for each command; 0: the default, 60. */
  readonly timeout?: number;
  /** Extension: ask for JSON where the platform has it for the command. */
  readonly structured?: boolean;
  /** Extension: answers to the questions of a command, in order; an empty one is the Enter key. */
  readonly answers?: readonly string[];
  /** Extension: skip the commands after a failed one. */
  readonly stop_on_error?: boolean;
}

/** Answer of Execute multiple commands on a network device, one after the other: `POST /infrastructure/api/v1/network/devices/{device_id}/commands`. */
export interface RunCommandsResult {
  results: CommandResult[];
  /** UTC, ISO 8601. */
  executed_at: string;
}

/** Query of Get the configuration of a network device: `GET /infrastructure/api/v1/network/devices/{device_id}/config`. */
export interface GetConfigQuery {
  /** Form of the configuration; each platform has some of them. Default: `"text"`. */
  readonly format?: "text" | "json" | "xml" | "set";
  /** The beginning of a line of the first level, such as `interface eth0`; on Junos a path. Default: `""`. */
  readonly section?: string;
}

/** Answer of Get the configuration of a network device: `GET /infrastructure/api/v1/network/devices/{device_id}/config`. */
export interface GetConfigResult {
  config: string;
  format: ConfigFormat;
  /** UTC, ISO 8601. */
  retrieved_at: string;
  /** `sha256:…` of the configuration without the lines that change by themselves. */
  hash?: string;
}

/** Body of Update the configuration of a network device: `PUT /infrastructure/api/v1/network/devices/{device_id}/config`. */
export interface PutConfigBody {
  readonly config: string;
  /** Default: `"text"`. */
  readonly format?: "text" | "json" | "xml" | "set";
  /** It becomes the whole configuration; otherwise it is merged. Default: `false`. */
  readonly replace?: boolean;
  /** `false`: into the candidate, which the hub keeps. Default: `true`. */
  readonly commit?: boolean;
}

/** Answer of Update the configuration of a network device: `PUT /infrastructure/api/v1/network/devices/{device_id}/config`. */
export interface PutConfigResult {
  message: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  details: ConfigChangeDetails;
}

/** Answer of Commit the candidate configuration: `POST /infrastructure/api/v1/network/devices/{device_id}/config/commit`. */
export interface CommitConfigResult {
  message: string;
  /** UTC, ISO 8601. */
  committed_at: string;
  details: ConfigChangeDetails;
}

/** Body of Roll configuration changes back: `POST /infrastructure/api/v1/network/devices/{device_id}/config/rollback`. */
export interface RollbackConfigBody {
  /** Extension: the `revision` of the candidate that is to be dropped, `null` for no candidate. */
  readonly candidate?: number | null;
}

/** Answer of Roll configuration changes back: `POST /infrastructure/api/v1/network/devices/{device_id}/config/rollback`. */
export interface RollbackConfigResult {
  message: string;
  /** UTC, ISO 8601. */
  rolled_back_at: string;
  details: ConfigChangeDetails;
}

/** Body of Create a backup of the device configuration: `POST /infrastructure/api/v1/network/devices/{device_id}/config/backup`. */
export interface BackupConfigBody {
  /** Default: `""`. */
  readonly description?: string;
}

/** Answer of Create a backup of the device configuration: `POST /infrastructure/api/v1/network/devices/{device_id}/config/backup`. */
export interface BackupConfigResult {
  backup_id: string;
  description: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** Bytes. */
  size: number;
  /** Extension: from 1 on, for each device. */
  version: number;
  /** `sha256:…` of the configuration without the lines that change by themselves. */
  hash: string;
  /** Extension. */
  details: {
    /** The changes since the backup before, unified. */
    diff: string;
    previous_backup_id: string | null;
    changed: boolean;
  };
}

/** Query of List configuration backups for a device: `GET /infrastructure/api/v1/network/devices/{device_id}/config/backups`. */
export interface ListBackupsQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `100`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"created_at"`. */
  readonly sort?: "backup_id" | "description" | "created_at" | "size" | "version" | "hash";
  /** Ascending or descending. Default: `"desc"`. */
  readonly order?: "asc" | "desc";
  /** Is: text; empty for none. */
  readonly backup_id?: string;
  /** Is: text. */
  readonly "backup_id[eq]"?: string;
  /** Is not: text. */
  readonly "backup_id[ne]"?: string;
  /** After: text. */
  readonly "backup_id[gt]"?: string;
  /** Before: text. */
  readonly "backup_id[lt]"?: string;
  /** From: text. */
  readonly "backup_id[gte]"?: string;
  /** Up to: text. */
  readonly "backup_id[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "backup_id[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "backup_id[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "backup_id[regex]"?: string;
  /** Is: text; empty for none. */
  readonly description?: string;
  /** Is: text. */
  readonly "description[eq]"?: string;
  /** Is not: text. */
  readonly "description[ne]"?: string;
  /** After: text. */
  readonly "description[gt]"?: string;
  /** Before: text. */
  readonly "description[lt]"?: string;
  /** From: text. */
  readonly "description[gte]"?: string;
  /** Up to: text. */
  readonly "description[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "description[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "description[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "description[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
  /** Is: number; empty for none. */
  readonly size?: string;
  /** Is: number. */
  readonly "size[eq]"?: string;
  /** Is not: number. */
  readonly "size[ne]"?: string;
  /** After: number. */
  readonly "size[gt]"?: string;
  /** Before: number. */
  readonly "size[lt]"?: string;
  /** From: number. */
  readonly "size[gte]"?: string;
  /** Up to: number. */
  readonly "size[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "size[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "size[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "size[regex]"?: string;
  /** Is: number; empty for none. */
  readonly version?: string;
  /** Is: number. */
  readonly "version[eq]"?: string;
  /** Is not: number. */
  readonly "version[ne]"?: string;
  /** After: number. */
  readonly "version[gt]"?: string;
  /** Before: number. */
  readonly "version[lt]"?: string;
  /** From: number. */
  readonly "version[gte]"?: string;
  /** Up to: number. */
  readonly "version[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "version[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "version[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "version[regex]"?: string;
  /** Is: text; empty for none. */
  readonly hash?: string;
  /** Is: text. */
  readonly "hash[eq]"?: string;
  /** Is not: text. */
  readonly "hash[ne]"?: string;
  /** After: text. */
  readonly "hash[gt]"?: string;
  /** Before: text. */
  readonly "hash[lt]"?: string;
  /** From: text. */
  readonly "hash[gte]"?: string;
  /** Up to: text. */
  readonly "hash[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "hash[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "hash[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "hash[regex]"?: string;
}

/** Answer of List configuration backups for a device: `GET /infrastructure/api/v1/network/devices/{device_id}/config/backups`. */
export interface ListBackupsResult {
  data: ConfigBackup[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Body of Restore a configuration backup: `POST /infrastructure/api/v1/network/devices/{device_id}/config/restore`. */
export interface RestoreConfigBody {
  readonly backup_id: string;
  /** `false`: into the candidate. Default: `true`. */
  readonly commit?: boolean;
}

/** Answer of Restore a configuration backup: `POST /infrastructure/api/v1/network/devices/{device_id}/config/restore`. */
export interface RestoreConfigResult {
  message: string;
  /** UTC, ISO 8601. */
  restored_at: string;
  details: ConfigChangeDetails;
}

/** Answer of Get a configuration backup with its text: `GET /infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}`. */
export interface GetBackupResult {
  backup_id: string;
  description: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** Bytes. */
  size: number;
  /** Extension: from 1 on, for each device. */
  version: number;
  /** `sha256:…` of the configuration without the lines that change by themselves. */
  hash: string;
  by: string | null;
  config: string;
}

/** Answer of Delete a configuration backup: `DELETE /infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}`. */
export interface DeleteBackupResult {
  message: string;
}

/** Answer of Get the candidate configuration that the hub keeps for a device: `GET /infrastructure/api/v1/network/devices/{device_id}/config/candidate`. */
export interface GetCandidateResult {
  config: string;
  format: ConfigFormat;
  replace: boolean;
  /** `sha256:…` of the configuration without the lines that change by themselves. */
  base_hash: string;
  owner: string | null;
  /** How many changes were put into it. */
  parts: number;
  /** Another one after each change. */
  revision: number;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  /** Seconds. */
  age: number;
  diff: string | null;
}

/** Query of List the changes of a device's configuration: `GET /infrastructure/api/v1/network/devices/{device_id}/config/changes`. */
export interface ListChangesQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `10`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"created_at"`. */
  readonly sort?: "change_id" | "kind" | "state" | "by" | "changed" | "created_at" | "ended_at";
  /** Ascending or descending. Default: `"desc"`. */
  readonly order?: "asc" | "desc";
  /** Is: text; empty for none. */
  readonly change_id?: string;
  /** Is: text. */
  readonly "change_id[eq]"?: string;
  /** Is not: text. */
  readonly "change_id[ne]"?: string;
  /** After: text. */
  readonly "change_id[gt]"?: string;
  /** Before: text. */
  readonly "change_id[lt]"?: string;
  /** From: text. */
  readonly "change_id[gte]"?: string;
  /** Up to: text. */
  readonly "change_id[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "change_id[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "change_id[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "change_id[regex]"?: string;
  /** Is: text; empty for none. */
  readonly kind?: string;
  /** Is: text. */
  readonly "kind[eq]"?: string;
  /** Is not: text. */
  readonly "kind[ne]"?: string;
  /** After: text. */
  readonly "kind[gt]"?: string;
  /** Before: text. */
  readonly "kind[lt]"?: string;
  /** From: text. */
  readonly "kind[gte]"?: string;
  /** Up to: text. */
  readonly "kind[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "kind[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "kind[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "kind[regex]"?: string;
  /** Is: text; empty for none. */
  readonly state?: string;
  /** Is: text. */
  readonly "state[eq]"?: string;
  /** Is not: text. */
  readonly "state[ne]"?: string;
  /** After: text. */
  readonly "state[gt]"?: string;
  /** Before: text. */
  readonly "state[lt]"?: string;
  /** From: text. */
  readonly "state[gte]"?: string;
  /** Up to: text. */
  readonly "state[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "state[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "state[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "state[regex]"?: string;
  /** Is: text; empty for none. */
  readonly by?: string;
  /** Is: text. */
  readonly "by[eq]"?: string;
  /** Is not: text. */
  readonly "by[ne]"?: string;
  /** After: text. */
  readonly "by[gt]"?: string;
  /** Before: text. */
  readonly "by[lt]"?: string;
  /** From: text. */
  readonly "by[gte]"?: string;
  /** Up to: text. */
  readonly "by[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "by[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "by[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "by[regex]"?: string;
  /** Is: `true` or `false`; empty for none. */
  readonly changed?: string;
  /** Is: `true` or `false`. */
  readonly "changed[eq]"?: string;
  /** Is not: `true` or `false`. */
  readonly "changed[ne]"?: string;
  /** After: `true` or `false`. */
  readonly "changed[gt]"?: string;
  /** Before: `true` or `false`. */
  readonly "changed[lt]"?: string;
  /** From: `true` or `false`. */
  readonly "changed[gte]"?: string;
  /** Up to: `true` or `false`. */
  readonly "changed[lte]"?: string;
  /** One of: `true` or `false`, comma-separated. */
  readonly "changed[in]"?: string | readonly string[];
  /** None of: `true` or `false`, comma-separated. */
  readonly "changed[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "changed[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly ended_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "ended_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "ended_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "ended_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "ended_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "ended_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "ended_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "ended_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "ended_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "ended_at[regex]"?: string;
}

/** Answer of List the changes of a device's configuration: `GET /infrastructure/api/v1/network/devices/{device_id}/config/changes`. */
export interface ListChangesResult {
  data: ConfigChange[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Answer of List the Docker hosts: `GET /infrastructure/api/v1/docker/hosts`. */
export type ListDockerHostsResult = DockerHost[];

/** Query of List the containers of a Docker host: `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers`. */
export interface ListContainersQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `10`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"name"`. */
  readonly sort?: "id" | "name" | "image" | "state" | "created_at";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Containers that do not run, too. Default: `true`. */
  readonly all?: boolean;
  /** Is: text; empty for none. */
  readonly id?: string;
  /** Is: text. */
  readonly "id[eq]"?: string;
  /** Is not: text. */
  readonly "id[ne]"?: string;
  /** After: text. */
  readonly "id[gt]"?: string;
  /** Before: text. */
  readonly "id[lt]"?: string;
  /** From: text. */
  readonly "id[gte]"?: string;
  /** Up to: text. */
  readonly "id[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "id[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "id[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "id[regex]"?: string;
  /** Is: text; empty for none. */
  readonly name?: string;
  /** Is: text. */
  readonly "name[eq]"?: string;
  /** Is not: text. */
  readonly "name[ne]"?: string;
  /** After: text. */
  readonly "name[gt]"?: string;
  /** Before: text. */
  readonly "name[lt]"?: string;
  /** From: text. */
  readonly "name[gte]"?: string;
  /** Up to: text. */
  readonly "name[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "name[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "name[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "name[regex]"?: string;
  /** Is: text; empty for none. */
  readonly image?: string;
  /** Is: text. */
  readonly "image[eq]"?: string;
  /** Is not: text. */
  readonly "image[ne]"?: string;
  /** After: text. */
  readonly "image[gt]"?: string;
  /** Before: text. */
  readonly "image[lt]"?: string;
  /** From: text. */
  readonly "image[gte]"?: string;
  /** Up to: text. */
  readonly "image[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "image[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "image[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "image[regex]"?: string;
  /** Is: text; empty for none. */
  readonly state?: string;
  /** Is: text. */
  readonly "state[eq]"?: string;
  /** Is not: text. */
  readonly "state[ne]"?: string;
  /** After: text. */
  readonly "state[gt]"?: string;
  /** Before: text. */
  readonly "state[lt]"?: string;
  /** From: text. */
  readonly "state[gte]"?: string;
  /** Up to: text. */
  readonly "state[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "state[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "state[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "state[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
}

/** Answer of List the containers of a Docker host: `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers`. */
export interface ListContainersResult {
  data: DockerContainer[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}

/** Answer of Get a container: `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}`. */
export interface GetContainerResult {
  id: string;
  name: string;
  image: string;
  /** As the engine says: `running`, `exited`, `paused`, `created`, …. */
  state: string;
  ports: string[];
  labels: Record<string, string>;
  /** The server of Roundhouse that runs in it; `null` for none. */
  server_id: string | null;
  /** UTC, ISO 8601. */
  created_at: string;
  site: string;
  image_id: string;
  command: string[];
  user: string;
  workdir: string;
  hostname: string;
  tty: boolean;
  /** Names. */
  env: string[];
  pid: number;
  exit_code: number;
  error: string;
  oom_killed: boolean;
  /** Empty: the image has no health check. */
  health: string;
  /** `null` for never. */
  started_at: string | null;
  /** `null` for never. */
  finished_at: string | null;
  restart_count: number;
  /** The restart policy, such as `unless-stopped`. */
  restart: string;
  mounts: {
    type: string;
    source: string;
    target: string;
    read_only: boolean;
  }[];
  networks: {
    name: string;
    ip: string;
  }[];
  /** The limit; 0: none. */
  memory_bytes: number;
  /** The limit; 0: none. */
  cpus: number;
  privileged: boolean;
}

/** Answer of Start a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/start`. */
export type StartContainerResult = ContainerOutcome;

/** Body of Stop a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/stop`. */
export interface StopContainerBody {
  /** Seconds until the engine kills a container that does not end; default: the container's own, 10. */
  readonly timeout?: number;
}

/** Answer of Stop a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/stop`. */
export type StopContainerResult = ContainerOutcome;

/** Body of Restart a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/restart`. */
export interface RestartContainerBody {
  /** Seconds until the engine kills a container that does not end; default: the container's own, 10. */
  readonly timeout?: number;
}

/** Answer of Restart a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/restart`. */
export type RestartContainerResult = ContainerOutcome;

/** Query of Get logs for a container: `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs`. */
export interface ReadContainerLogQuery {
  /** How many of the last lines. Default: `100`. */
  readonly tail_lines?: number;
  /** Only lines of this many past seconds. */
  readonly since_seconds?: number;
  /** Each line of a followed log begins with its time. Default: `false`. */
  readonly timestamps?: boolean;
}

/** Answer of Get logs for a container: `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs`. */
export interface ReadContainerLogResult {
  /** Oldest first. */
  lines: ContainerLogLine[];
  /** The log is longer, and its last part is left out. */
  truncated: boolean;
}

/** Body of Execute a command in a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/exec`. */
export interface ExecInContainerBody {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** The command's input, which ends there. */
  readonly stdin?: string;
  /** Environment variables of the command. */
  readonly env?: Readonly<Record<string, string>>;
  /** Name or id; default: the container's user. */
  readonly user?: string;
  /** An absolute path. */
  readonly workdir?: string;
  /** Seconds; then it is ended; default 60. */
  readonly timeout?: number;
}

/** Answer of Execute a command in a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/exec`. */
export interface ExecInContainerResult {
  stdout: string;
  stderr: string;
  exit_code: number;
  /** Of each output only the first MiB is kept. */
  truncated: boolean;
  duration_ms: number;
}

/** Body of Open a terminal in a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/terminals`. */
export interface OpenContainerTerminalBody {
  /** The program and its arguments; no shell reads them; default: `/bin/sh`. */
  readonly command?: readonly string[];
  /** Name or id; default: the container's user. */
  readonly user?: string;
}

/** Answer of Open a terminal in a container: `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/terminals`. */
export type OpenContainerTerminalResult = TerminalTicket;

/** Query of List the images of a Docker host: `GET /infrastructure/api/v1/docker/hosts/{host_id}/images`. */
export interface ListImagesQuery {
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `10`. */
  readonly limit?: number;
  /** Field to sort by. Default: `"name"`. */
  readonly sort?: "id" | "name" | "bytes" | "containers" | "created_at";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
  /** Is: text; empty for none. */
  readonly id?: string;
  /** Is: text. */
  readonly "id[eq]"?: string;
  /** Is not: text. */
  readonly "id[ne]"?: string;
  /** After: text. */
  readonly "id[gt]"?: string;
  /** Before: text. */
  readonly "id[lt]"?: string;
  /** From: text. */
  readonly "id[gte]"?: string;
  /** Up to: text. */
  readonly "id[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "id[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "id[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "id[regex]"?: string;
  /** Is: text; empty for none. */
  readonly name?: string;
  /** Is: text. */
  readonly "name[eq]"?: string;
  /** Is not: text. */
  readonly "name[ne]"?: string;
  /** After: text. */
  readonly "name[gt]"?: string;
  /** Before: text. */
  readonly "name[lt]"?: string;
  /** From: text. */
  readonly "name[gte]"?: string;
  /** Up to: text. */
  readonly "name[lte]"?: string;
  /** One of: text, comma-separated. */
  readonly "name[in]"?: string | readonly string[];
  /** None of: text, comma-separated. */
  readonly "name[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "name[regex]"?: string;
  /** Is: number; empty for none. */
  readonly bytes?: string;
  /** Is: number. */
  readonly "bytes[eq]"?: string;
  /** Is not: number. */
  readonly "bytes[ne]"?: string;
  /** After: number. */
  readonly "bytes[gt]"?: string;
  /** Before: number. */
  readonly "bytes[lt]"?: string;
  /** From: number. */
  readonly "bytes[gte]"?: string;
  /** Up to: number. */
  readonly "bytes[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "bytes[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "bytes[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "bytes[regex]"?: string;
  /** Is: number; empty for none. */
  readonly containers?: string;
  /** Is: number. */
  readonly "containers[eq]"?: string;
  /** Is not: number. */
  readonly "containers[ne]"?: string;
  /** After: number. */
  readonly "containers[gt]"?: string;
  /** Before: number. */
  readonly "containers[lt]"?: string;
  /** From: number. */
  readonly "containers[gte]"?: string;
  /** Up to: number. */
  readonly "containers[lte]"?: string;
  /** One of: number, comma-separated. */
  readonly "containers[in]"?: string | readonly string[];
  /** None of: number, comma-separated. */
  readonly "containers[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "containers[regex]"?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it; empty for none. */
  readonly created_at?: string;
  /** Is: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[eq]"?: string;
  /** Is not: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[ne]"?: string;
  /** After: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gt]"?: string;
  /** Before: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lt]"?: string;
  /** From: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[gte]"?: string;
  /** Up to: day or time, ISO 8601, UTC; a day equals every moment of it. */
  readonly "created_at[lte]"?: string;
  /** One of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[in]"?: string | readonly string[];
  /** None of: day or time, ISO 8601, UTC; a day equals every moment of it, comma-separated. */
  readonly "created_at[nin]"?: string | readonly string[];
  /** Matches somewhere: RE2 syntax, at most 256 characters. */
  readonly "created_at[regex]"?: string;
}

/** Answer of List the images of a Docker host: `GET /infrastructure/api/v1/docker/hosts/{host_id}/images`. */
export interface ListImagesResult {
  data: DockerImage[];
  metadata: {
    page: number;
    limit: number;
    total: number;
    pages: number;
    /** Extension: `false` if the search took too long; the list holds the items that were found until then. */
    complete: boolean;
  };
}
