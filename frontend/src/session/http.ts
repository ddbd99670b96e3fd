// The server's API, one method per route. Errors are ApiErrors.

import type {
  CropIn,
  CropOut,
  DeleteMaskIn,
  EventIn,
  EventsResult,
  ExportOut,
  ImageOut,
  ImagePage,
  JobState,
  LeaseIn,
  MaskIn,
  MaskOut,
  Member,
  ModelImportOut,
  ModelsOut,
  OfficialIn,
  Preferences,
  ProjectIn,
  ProjectOut,
  SessionAnswer,
  SessionOut,
  SkipIn,
  Throughput,
  UploadedIn,
  UploadedPart,
  UploadResult,
  User,
} from "../protocol/api";
import type { Hint } from "../protocol/socket";
import { type RequestOptions, Requests } from "./request";
import { type UploadOptions, upload } from "./upload";

export { ApiError } from "./request";

interface Ok {
  readonly ok: true;
}

export class Http {
  constructor(private readonly requests = new Requests()) {}

  me(options?: RequestOptions): Promise<User> {
    return this.requests.json("GET", "/api/me", options);
  }

  /** All of them: what is not named goes back to what it was by itself. */
  savePreferences(preferences: Preferences): Promise<Preferences> {
    return this.requests.json("PUT", "/api/me/preferences", { body: preferences });
  }

  projects(): Promise<ProjectOut[]> {
    return this.requests.json("GET", "/api/projects");
  }

  createProject(project: ProjectIn): Promise<ProjectOut> {
    return this.requests.json("POST", "/api/projects", { body: project });
  }

  project(projectId: number): Promise<ProjectOut> {
    return this.requests.json("GET", `/api/projects/${projectId}`);
  }

  changeProject(projectId: number, changes: Partial<ProjectIn>): Promise<ProjectOut> {
    return this.requests.json("PATCH", `/api/projects/${projectId}`, { body: changes });
  }

  members(projectId: number): Promise<Member[]> {
    return this.requests.json("GET", `/api/projects/${projectId}/members`);
  }

  addMember(projectId: number, username: string): Promise<Member> {
    return this.requests.json("POST", `/api/projects/${projectId}/members`, { body: { username } });
  }

  removeMember(projectId: number, userId: number): Promise<void> {
    return this.requests.json("DELETE", `/api/projects/${projectId}/members/${userId}`);
  }

  images(
    projectId: number,
    query: { readonly state?: JobState | ""; readonly offset?: number; readonly limit?: number } = {},
  ): Promise<ImagePage> {
    return this.requests.json("GET", `/api/projects/${projectId}/images${queryOf(query)}`);
  }

  /** A photo or a zip of photos. Photos that are refused don't keep the others out. */
  uploadImages(projectId: number, file: File, options?: UploadOptions): Promise<UploadResult> {
    return upload(`/api/projects/${projectId}/images`, file, options);
  }

  retryImage(imageId: number): Promise<ImageOut> {
    return this.requests.json("POST", `/api/images/${imageId}/retry`);
  }

  removeImage(imageId: number): Promise<void> {
    return this.requests.json("DELETE", `/api/images/${imageId}`);
  }

  hints(projectId: number, after: number): Promise<Hint[]> {
    return this.requests.json("GET", `/api/projects/${projectId}/hints${queryOf({ after })}`);
  }

  /** My active session, else a reserved one made active, else a new lease. */
  nextSession(projectId: number): Promise<SessionAnswer> {
    return this.requests.json("POST", `/api/projects/${projectId}/sessions`, {
      body: { reserve: false },
      // Asking twice gives the same session.
      repeat: true,
    });
  }

  /** One more image ahead that is not among the sessions in `known`. */
  reserveSession(projectId: number, known: readonly number[]): Promise<SessionAnswer> {
    return this.requests.json("POST", `/api/projects/${projectId}/sessions`, { body: { reserve: true, known } });
  }

  session(sessionId: number): Promise<SessionOut> {
    return this.requests.json("GET", `/api/sessions/${sessionId}`);
  }

  startSession(sessionId: number, lease: LeaseIn): Promise<SessionOut> {
    return this.requests.json("POST", `/api/sessions/${sessionId}/start`, { body: lease, repeat: true });
  }

  renewSession(sessionId: number, lease: LeaseIn): Promise<{ readonly lease_seconds: number }> {
    return this.requests.json("POST", `/api/sessions/${sessionId}/renew`, { body: lease });
  }

  finishSession(sessionId: number, lease: LeaseIn, options?: RequestOptions): Promise<Ok> {
    return this.requests.json("POST", `/api/sessions/${sessionId}/finish`, { ...options, body: lease });
  }

  skipSession(sessionId: number, skip: SkipIn, options?: RequestOptions): Promise<Ok> {
    return this.requests.json("POST", `/api/sessions/${sessionId}/skip`, { ...options, body: skip });
  }

  /** The embedding of a part of the image that holds what is in sight. */
  askForCrop(sessionId: number, crop: CropIn): Promise<CropOut> {
    return this.requests.json("POST", `/api/sessions/${sessionId}/crops`, { body: crop, repeat: true });
  }

  crop(sessionId: number, cropId: number): Promise<CropOut> {
    return this.requests.json("GET", `/api/sessions/${sessionId}/crops/${cropId}`);
  }

  saveMask(maskId: string, mask: MaskIn, options?: RequestOptions): Promise<MaskOut> {
    return this.requests.json("PUT", `/api/masks/${maskId}`, { ...options, body: mask });
  }

  deleteMask(maskId: string, lease: DeleteMaskIn, options?: RequestOptions): Promise<Ok> {
    return this.requests.json("POST", `/api/masks/${maskId}/delete`, { ...options, body: lease });
  }

  storeEvents(events: readonly EventIn[], options?: RequestOptions): Promise<EventsResult> {
    return this.requests.json("POST", "/api/events", { ...options, body: { events } });
  }

  requestExport(projectId: number): Promise<ExportOut> {
    return this.requests.json("POST", `/api/projects/${projectId}/exports`);
  }

  exports(projectId: number): Promise<ExportOut[]> {
    return this.requests.json("GET", `/api/projects/${projectId}/exports`);
  }

  /** Days as YYYY-MM-DD, both included. */
  throughput(projectId: number, days: { readonly from?: string; readonly to?: string } = {}): Promise<Throughput> {
    return this.requests.json("GET", `/api/projects/${projectId}/throughput${queryOf(days)}`);
  }

  models(): Promise<ModelsOut> {
    return this.requests.json("GET", "/api/models");
  }

  activateModel(versionId: number): Promise<void> {
    return this.requests.json("POST", `/api/model-versions/${versionId}/activate`, { repeat: true });
  }

  /** A second press while it is under way gets the same import. */
  downloadModel(model: OfficialIn): Promise<ModelImportOut> {
    return this.requests.json("POST", "/api/model-imports/official", { body: model, repeat: true });
  }

  importModel(file: UploadedIn): Promise<ModelImportOut> {
    return this.requests.json("POST", "/api/model-imports/uploaded", { body: file, repeat: true });
  }

  cancelModelImport(importId: number): Promise<ModelImportOut> {
    return this.requests.json("POST", `/api/model-imports/${importId}/cancel`, { repeat: true });
  }

  retryModelImport(importId: number): Promise<ModelImportOut> {
    return this.requests.json("POST", `/api/model-imports/${importId}/retry`);
  }

  removeModelImport(importId: number): Promise<void> {
    return this.requests.json("DELETE", `/api/model-imports/${importId}`);
  }

  /** How much of the file the server has. */
  uploadedModel(uploadId: string): Promise<UploadedPart> {
    return this.requests.json("GET", `/api/model-uploads/${uploadId}`);
  }

  /** The bytes of the file from `offset` on. */
  uploadModelPart(
    uploadId: string,
    part: Blob,
    query: { readonly offset: number; readonly total: number },
    options?: RequestOptions,
  ): Promise<UploadedPart> {
    return this.requests.json("PUT", `/api/model-uploads/${uploadId}${queryOf(query)}`, { ...options, body: part });
  }

  removeModelUpload(uploadId: string): Promise<void> {
    return this.requests.json("DELETE", `/api/model-uploads/${uploadId}`);
  }

  bytes(path: string, options?: RequestOptions): Promise<ArrayBuffer> {
    return this.requests.bytes(path, options);
  }
}

function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query && `?${query}`;
}
